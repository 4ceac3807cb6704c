#ifndef FLOE_CIMAGEIO_H
#define FLOE_CIMAGEIO_H
#include <stddef.h>
#include <stdint.h>

#include "floe_inflate.h"

// Image files in and out through libpng, libjpeg-turbo and libtiff. Error handlers and longjmp stay
// behind these functions: each returns FLOE_IMAGE_OK or another status with one line in `message`.

enum {
    FLOE_IMAGE_OK = 0,
    FLOE_IMAGE_DAMAGED = 1,      // truncated, corrupt, or contradicting itself
    FLOE_IMAGE_UNSUPPORTED = 2,  // whole, but of a kind that is not read
    FLOE_IMAGE_TOO_LARGE = 3,    // more bytes than the budget allows
    FLOE_IMAGE_MEMORY = 4,       // the system has no memory left
    FLOE_IMAGE_OUTPUT = 5        // the sink refused bytes
};

enum { FLOE_SAMPLE_UNSIGNED = 0, FLOE_SAMPLE_SIGNED = 1, FLOE_SAMPLE_FLOAT = 2 };

typedef struct {
    char text[256];
} floe_image_message;

typedef struct {
    uint32_t width;
    uint32_t height;
    uint32_t bands;          // as stored; 1 for a palette
    uint32_t bits;           // as stored: 1, 2, 4, 8, 16, 32, 64
    int32_t sample_format;   // FLOE_SAMPLE_...
    int32_t is_palette;
    int32_t has_nodata;
    double nodata;           // GDAL's tag 42113, where present
    uint32_t palette_count;
    uint8_t palette[256 * 3];  // red, green, blue; of a TIFF the high bytes
} floe_image_info;

// Bytes of one decoded sample: bits below 8 are unpacked to one byte each.
static inline uint32_t floe_sample_bytes(const floe_image_info *info) {
    return info->bits <= 8 ? 1 : info->bits / 8;
}

// Bytes of the decoded image, or UINT64_MAX where the product overflows.
uint64_t floe_image_bytes(const floe_image_info *info);

// PNG. Samples are interleaved, in the machine's byte order, as stored (palette: indexes).
// `bytes` may be the beginning of a file of `file_count` bytes, as long as it holds the header.
int floe_png_info(
    const uint8_t *bytes, size_t count, uint64_t file_count, uint64_t budget,
    floe_image_info *info, floe_image_message *message);
int floe_png_read(
    const uint8_t *bytes, size_t count, const floe_image_info *info, uint8_t *samples,
    size_t sample_bytes, floe_image_message *message);
// 8 bits, 1 (grey or palette index) or 3 bands, interleaved. `*encoded` is freed by floe_free.
int floe_png_write(
    const uint8_t *samples, uint32_t width, uint32_t height, uint32_t bands,
    const uint8_t *palette, uint32_t palette_count, uint8_t **encoded, size_t *encoded_count,
    floe_image_message *message);
void floe_free(void *memory);

// JPEG: 1 or 3 bands of 8 bits, interleaved.
int floe_jpeg_info(
    const uint8_t *bytes, size_t count, uint64_t file_count, uint64_t budget,
    floe_image_info *info, floe_image_message *message);
int floe_jpeg_read(
    const uint8_t *bytes, size_t count, const floe_image_info *info, uint8_t *samples,
    size_t sample_bytes, floe_image_message *message);

// 8 bits, 1 or 3 bands, interleaved; quality 1 to 100. `*encoded` is freed by floe_free.
int floe_jpeg_write(
    const uint8_t *samples, uint32_t width, uint32_t height, uint32_t bands, int32_t quality,
    uint8_t **encoded, size_t *encoded_count, floe_image_message *message);

// TIFF. The reader asks `source` for bytes; it returns how many it gave.
typedef struct {
    void *context;
    uint64_t count;
    size_t (*read_at)(void *context, uint64_t offset, void *target, size_t count);
} floe_tiff_source;
typedef struct floe_tiff_reader floe_tiff_reader;
int floe_tiff_open(
    floe_tiff_source source, uint64_t budget, floe_tiff_reader **reader, floe_image_info *info,
    floe_image_message *message);
// Rows first..<last of every band into `samples`, planar: [band][row][column].
int floe_tiff_read_rows(
    floe_tiff_reader *reader, uint32_t first, uint32_t last, uint8_t *samples,
    size_t sample_bytes, floe_image_message *message);
void floe_tiff_close(floe_tiff_reader *reader);

// TIFF out. `write_at` returns 0, or anything else to stop.
typedef struct {
    void *context;
    int (*write_at)(void *context, uint64_t offset, const void *bytes, size_t count);
} floe_tiff_sink;
typedef struct {
    uint32_t width;
    uint32_t height;
    uint32_t bands;
    uint32_t bits;            // 8 or 16 unsigned, 32 float
    uint32_t rows_per_strip;
    int32_t separate_planes;  // 0: samples of a pixel side by side
    int32_t deflate;
    int32_t big;              // BigTIFF
    int32_t has_nodata;
    char nodata[32];
} floe_tiff_layout;
typedef struct floe_tiff_writer floe_tiff_writer;
int floe_tiff_create(
    floe_tiff_sink sink, const floe_tiff_layout *layout, floe_tiff_writer **writer,
    floe_image_message *message);
// One strip: `rows` rows of band `band` (separate planes), or of all bands interleaved (band 0).
int floe_tiff_write_strip(
    floe_tiff_writer *writer, uint32_t strip, uint32_t band, const uint8_t *samples,
    size_t sample_bytes, floe_image_message *message);
// Writes the directory; the writer is gone afterwards, whatever is returned.
int floe_tiff_finish(floe_tiff_writer *writer, floe_image_message *message);
void floe_tiff_abandon(floe_tiff_writer *writer);
#endif
