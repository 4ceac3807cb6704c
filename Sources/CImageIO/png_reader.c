#include <png.h>
#include <setjmp.h>

#include "image_internal.h"

// Deflate expands at most 1032 times (zlib's own figure); filter bytes and chunk headers are within
// the rounding.
enum { PNG_EXPANSION = 1040 };

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t position;
    floe_image_message *message;
} png_input;

static void png_give(png_structp png, png_bytep target, size_t count) {
    png_input *input = png_get_io_ptr(png);
    if (count > input->count - input->position) png_error(png, "the file ends early");
    memcpy(target, input->bytes + input->position, count);
    input->position += count;
}

static void png_fail(png_structp png, png_const_charp text) {
    png_input *input = png_get_error_ptr(png);
    floe_say(input->message, "damaged PNG: %s", text);
    png_longjmp(png, 1);
}

// Benign by libpng's own rules: odd ancillary chunks, which are not used here.
static void png_note(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static png_structp png_begin(png_input *input, png_infop *info) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, input, png_fail, png_note);
    if (!png) return NULL;
    *info = png_create_info_struct(png);
    if (!*info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return NULL;
    }
    png_set_read_fn(png, input, png_give);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_chunk_malloc_max(png, 8u << 20);
    // Colour management and text chunks change no stored value, and parse more than is needed.
    png_set_keep_unknown_chunks(
        png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "iCCP\0zTXt\0iTXt\0tEXt\0eXIf\0sPLT", 6);
    return png;
}

static void png_describe(png_structp png, png_infop info, floe_image_info *out) {
    memset(out, 0, sizeof *out);
    out->width = png_get_image_width(png, info);
    out->height = png_get_image_height(png, info);
    out->bands = png_get_channels(png, info);
    out->bits = png_get_bit_depth(png, info);
    out->sample_format = FLOE_SAMPLE_UNSIGNED;
    if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) {
        png_colorp colours = NULL;
        int count = 0;
        png_get_PLTE(png, info, &colours, &count);
        out->is_palette = 1;
        out->palette_count = (uint32_t)(count < 0 ? 0 : count > 256 ? 256 : count);
        for (uint32_t i = 0; i < out->palette_count; i++) {
            out->palette[3 * i] = colours[i].red;
            out->palette[3 * i + 1] = colours[i].green;
            out->palette[3 * i + 2] = colours[i].blue;
        }
    }
}

int floe_png_info(
    const uint8_t *bytes, size_t count, uint64_t file_count, uint64_t budget,
    floe_image_info *out, floe_image_message *message
) {
    png_input input = {bytes, count, 0, message};
    png_infop info = NULL;
    png_structp png = png_begin(&input, &info);
    if (!png) {
        floe_say(message, "no memory for libpng");
        return FLOE_IMAGE_MEMORY;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return FLOE_IMAGE_DAMAGED;
    }
    png_read_info(png, info);
    png_describe(png, info, out);
    png_destroy_read_struct(&png, &info, NULL);
    return floe_check_size(out, file_count, PNG_EXPANSION, budget, message);
}

int floe_png_read(
    const uint8_t *bytes, size_t count, const floe_image_info *expected, uint8_t *samples,
    size_t sample_bytes, floe_image_message *message
) {
    png_input input = {bytes, count, 0, message};
    png_infop info = NULL;
    png_structp png = png_begin(&input, &info);
    if (!png) {
        floe_say(message, "no memory for libpng");
        return FLOE_IMAGE_MEMORY;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return FLOE_IMAGE_DAMAGED;
    }
    png_read_info(png, info);
    floe_image_info now;
    png_describe(png, info, &now);
    if (now.width != expected->width || now.height != expected->height ||
        now.bands != expected->bands || now.bits != expected->bits ||
        floe_image_bytes(&now) != sample_bytes) {
        png_error(png, "the header changed between two looks");
    }
    if (now.bits < 8) png_set_packing(png);
    // Samples of 16 bits are big-endian in the file; every machine that Floe runs on is little.
    if (now.bits == 16) png_set_swap(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t row_bytes = sample_bytes / now.height;
    if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "an odd row length");
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t row = 0; row < now.height; row++) {
            png_read_row(png, samples + row * row_bytes, NULL);
        }
    }
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    return FLOE_IMAGE_OK;
}
