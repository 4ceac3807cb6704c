#include "tiff_internal.h"

// One row, strip or tile is decoded at a time; this is the most that one may take.
static const uint64_t LARGEST_BLOCK = 512u << 20;

struct floe_tiff_reader {
    TIFF *tiff;
    floe_tiff_source source;
    uint64_t position;
    floe_image_message message;
    floe_image_info info;
    int tiled;
    int separate;
    uint32_t tile_width;
    uint32_t tile_height;
    uint8_t *block;         // one scan line or one tile
    uint64_t block_bytes;
    uint32_t rows_per_strip;
    uint32_t next_row;      // where the decoder of a strip stands
    uint32_t next_plane;
};

static tmsize_t source_read(thandle_t handle, void *target, tmsize_t count) {
    floe_tiff_reader *reader = handle;
    if (count <= 0 || reader->position >= reader->source.count) return 0;
    uint64_t left = reader->source.count - reader->position;
    size_t wanted = (uint64_t)count < left ? (size_t)count : (size_t)left;
    size_t given =
        reader->source.read_at(reader->source.context, reader->position, target, wanted);
    reader->position += given;
    return (tmsize_t)given;
}

static tmsize_t source_write(thandle_t handle, void *bytes, tmsize_t count) {
    (void)handle;
    (void)bytes;
    (void)count;
    return 0;
}

static toff_t source_seek(thandle_t handle, toff_t offset, int whence) {
    floe_tiff_reader *reader = handle;
    if (whence == SEEK_SET) reader->position = offset;
    if (whence == SEEK_CUR) reader->position += offset;
    if (whence == SEEK_END) reader->position = reader->source.count + offset;
    return reader->position;
}

static int source_close(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t source_size(thandle_t handle) {
    return ((floe_tiff_reader *)handle)->source.count;
}

static int refuse(floe_tiff_reader *reader, int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    floe_say_list(&reader->message, format, arguments);
    va_end(arguments);
    return status;
}

// How many bytes one compressed byte may become; 0 for a scheme that is not read.
static uint64_t expansion_of(uint16_t compression) {
    switch (compression) {
    case COMPRESSION_NONE: return 1;
    case COMPRESSION_PACKBITS: return 64;
    case COMPRESSION_LZW: return 4096;
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE: return 1040;
    default: return 0;
    }
}

static void describe_palette(floe_tiff_reader *reader) {
    uint16_t *red = NULL, *green = NULL, *blue = NULL;
    floe_image_info *info = &reader->info;
    if (info->bits > 8 ||
        !TIFFGetField(reader->tiff, TIFFTAG_COLORMAP, &red, &green, &blue)) return;
    info->is_palette = 1;
    info->palette_count = 1u << info->bits;
    // Some writers store 8-bit entries in the 16-bit table.
    int shift = 0;
    for (uint32_t i = 0; i < info->palette_count; i++) {
        if (red[i] > 255 || green[i] > 255 || blue[i] > 255) shift = 8;
    }
    for (uint32_t i = 0; i < info->palette_count; i++) {
        info->palette[3 * i] = (uint8_t)(red[i] >> shift);
        info->palette[3 * i + 1] = (uint8_t)(green[i] >> shift);
        info->palette[3 * i + 2] = (uint8_t)(blue[i] >> shift);
    }
}

static void describe_nodata(floe_tiff_reader *reader) {
    const char *text = NULL;
    if (!TIFFGetField(reader->tiff, FLOE_TIFFTAG_NODATA, &text) || !text) return;
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text) return;
    reader->info.has_nodata = 1;
    reader->info.nodata = value;
}

static int describe_blocks(floe_tiff_reader *reader, uint64_t budget, uint64_t expansion) {
    TIFF *tiff = reader->tiff;
    const floe_image_info *info = &reader->info;
    uint64_t samples = reader->separate ? 1 : info->bands;
    uint64_t width = info->width, height = 1;
    if (reader->tiled) {
        if (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &reader->tile_width) ||
            !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &reader->tile_height) ||
            reader->tile_width == 0 || reader->tile_height == 0) {
            return refuse(reader, FLOE_IMAGE_DAMAGED, "damaged TIFF: tiles without a size");
        }
        width = reader->tile_width;
        height = reader->tile_height;
    }
    uint64_t row_bits = 0, bytes = 0;
    if (__builtin_mul_overflow(width, samples * info->bits, &row_bits) ||
        __builtin_mul_overflow((row_bits + 7) / 8, height, &bytes)) {
        return refuse(reader, FLOE_IMAGE_TOO_LARGE, "damaged TIFF: a block of overflowing size");
    }
    uint64_t limit = budget < LARGEST_BLOCK ? budget : LARGEST_BLOCK;
    if (bytes > limit || bytes / expansion > reader->source.count) {
        return refuse(
            reader, FLOE_IMAGE_TOO_LARGE, "one row or tile of the TIFF takes %llu bytes",
            (unsigned long long)bytes);
    }
    tmsize_t said = reader->tiled ? TIFFTileSize(tiff) : TIFFScanlineSize(tiff);
    if (said < 0 || (uint64_t)said != bytes) {
        return refuse(reader, FLOE_IMAGE_DAMAGED, "damaged TIFF: blocks of contradicting sizes");
    }
    reader->block_bytes = bytes;
    reader->rows_per_strip = info->height;
    if (!reader->tiled) {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &reader->rows_per_strip);
        if (reader->rows_per_strip == 0) {
            return refuse(reader, FLOE_IMAGE_DAMAGED, "damaged TIFF: strips without rows");
        }
    }
    reader->next_plane = UINT32_MAX;
    return FLOE_IMAGE_OK;
}

static int describe(floe_tiff_reader *reader, uint64_t budget) {
    TIFF *tiff = reader->tiff;
    floe_image_info *info = &reader->info;
    uint16_t bands = 1, bits = 1, format = SAMPLEFORMAT_UINT, planes = PLANARCONFIG_CONTIG;
    uint16_t compression = COMPRESSION_NONE, photometric = PHOTOMETRIC_MINISBLACK;
    uint16_t orientation = ORIENTATION_TOPLEFT;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &info->width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &info->height)) {
        return refuse(reader, FLOE_IMAGE_DAMAGED, "damaged TIFF: no size is given");
    }
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &bands);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planes);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    info->bands = bands;
    info->bits = bits;
    reader->separate = planes == PLANARCONFIG_SEPARATE && bands > 1;
    reader->tiled = TIFFIsTiled(tiff);

    uint64_t expansion = expansion_of(compression);
    if (expansion == 0) {
        return refuse(
            reader, FLOE_IMAGE_UNSUPPORTED,
            "TIFF compression %u is not read (none, LZW, deflate and PackBits are)", compression);
    }
    if (planes != PLANARCONFIG_CONTIG && planes != PLANARCONFIG_SEPARATE) {
        return refuse(reader, FLOE_IMAGE_DAMAGED, "damaged TIFF: planar configuration %u", planes);
    }
    if (photometric > PHOTOMETRIC_MASK) {
        return refuse(
            reader, FLOE_IMAGE_UNSUPPORTED,
            "TIFF photometric %u is not read (grey, RGB and palette are)", photometric);
    }
    if (orientation != ORIENTATION_TOPLEFT) {
        return refuse(
            reader, FLOE_IMAGE_UNSUPPORTED, "a TIFF whose first pixel is not at top left");
    }
    int readable = 0;
    if (format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID) {
        info->sample_format = FLOE_SAMPLE_UNSIGNED;
        readable = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
    } else if (format == SAMPLEFORMAT_INT) {
        info->sample_format = FLOE_SAMPLE_SIGNED;
        readable = bits == 16;
    } else if (format == SAMPLEFORMAT_IEEEFP) {
        info->sample_format = FLOE_SAMPLE_FLOAT;
        readable = bits == 32 || bits == 64;
    }
    if (!readable) {
        return refuse(
            reader, FLOE_IMAGE_UNSUPPORTED,
            "TIFF samples of %u bits and format %u are not read "
            "(unsigned 1-16, signed 16, float 32 and 64 are)",
            bits, format);
    }
    if (bits < 8 && bands > 1 && !reader->separate) {
        return refuse(
            reader, FLOE_IMAGE_UNSUPPORTED, "a TIFF of %u bands of %u bits each", bands, bits);
    }
    if (photometric == PHOTOMETRIC_PALETTE) describe_palette(reader);
    describe_nodata(reader);
    int status = floe_check_size(info, reader->source.count, expansion, budget, &reader->message);
    if (status != FLOE_IMAGE_OK) return status;
    status = describe_blocks(reader, budget, expansion);
    if (status != FLOE_IMAGE_OK) return status;
    return FLOE_IMAGE_OK;
}

// Further pages are passed over if they are overviews or masks of the first (GDAL keeps them
// there); a stack of pictures is refused, because which of them is meant is anybody's guess.
static int check_pages(floe_tiff_reader *reader) {
    TIFF *tiff = reader->tiff;
    if (TIFFLastDirectory(tiff)) return FLOE_IMAGE_OK;
    for (int page = 1; !TIFFLastDirectory(tiff); page++) {
        uint32_t kind = 0;
        if (!TIFFReadDirectory(tiff)) {
            return refuse(reader, FLOE_IMAGE_DAMAGED, "damaged TIFF: page %d is unreadable", page);
        }
        TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &kind);
        if (!(kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) || page >= 64) {
            return refuse(
                reader, FLOE_IMAGE_UNSUPPORTED,
                "a TIFF of several pages, expected one; split it into one page each");
        }
    }
    if (!TIFFSetDirectory(tiff, 0)) {
        return refuse(reader, FLOE_IMAGE_DAMAGED, "damaged TIFF: the first page is unreadable");
    }
    return FLOE_IMAGE_OK;
}

static int give_up(floe_tiff_reader *reader, int status, floe_image_message *message) {
    *message = reader->message;
    if (!message->text[0]) floe_say(message, "damaged TIFF");
    floe_tiff_close(reader);
    return status;
}

int floe_tiff_open(
    floe_tiff_source source, uint64_t budget, floe_tiff_reader **result, floe_image_info *info,
    floe_image_message *message
) {
    *result = NULL;
    message->text[0] = 0;
    floe_tiff_register_tags();
    floe_tiff_reader *reader = calloc(1, sizeof *reader);
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!reader || !options) {
        free(reader);
        if (options) TIFFOpenOptionsFree(options);
        floe_say(message, "no memory for libtiff");
        return FLOE_IMAGE_MEMORY;
    }
    reader->source = source;
    // No table of a directory can be larger than its file; strips are read in growing steps.
    uint64_t most = source.count + (16u << 20);
    if (most > INT64_MAX) most = INT64_MAX;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)most);
    TIFFOpenOptionsSetErrorHandlerExtR(options, floe_tiff_error, &reader->message);
    TIFFOpenOptionsSetWarningHandlerExtR(options, floe_tiff_silent, NULL);
    reader->tiff = TIFFClientOpenExt(
        "TIFF", "rm", reader, source_read, source_write, source_seek, source_close, source_size,
        NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    if (!reader->tiff) return give_up(reader, FLOE_IMAGE_DAMAGED, message);
    int status = describe(reader, budget);
    if (status == FLOE_IMAGE_OK) status = check_pages(reader);
    if (status != FLOE_IMAGE_OK) return give_up(reader, status, message);
    *info = reader->info;
    *result = reader;
    return FLOE_IMAGE_OK;
}

void floe_tiff_close(floe_tiff_reader *reader) {
    if (!reader) return;
    if (reader->tiff) TIFFClose(reader->tiff);
    free(reader->block);
    free(reader);
}

// Copies `columns` samples of one band out of a decoded row of `stride` interleaved samples.
static void take_samples(
    const uint8_t *row, uint32_t columns, uint32_t stride, uint32_t band, uint32_t bits,
    uint8_t *target
) {
    switch (bits) {
    case 8:
        if (stride == 1) {
            memcpy(target, row, columns);
        } else {
            for (uint32_t i = 0; i < columns; i++) target[i] = row[(size_t)i * stride + band];
        }
        break;
    case 16:
        for (uint32_t i = 0; i < columns; i++) {
            memcpy(target + 2 * (size_t)i, row + 2 * ((size_t)i * stride + band), 2);
        }
        break;
    case 32:
        for (uint32_t i = 0; i < columns; i++) {
            memcpy(target + 4 * (size_t)i, row + 4 * ((size_t)i * stride + band), 4);
        }
        break;
    case 64:
        for (uint32_t i = 0; i < columns; i++) {
            memcpy(target + 8 * (size_t)i, row + 8 * ((size_t)i * stride + band), 8);
        }
        break;
    default: {  // 1, 2 or 4 bits of one band, the first pixel in the highest bits
        uint32_t mask = (1u << bits) - 1, per_byte = 8 / bits;
        for (uint32_t i = 0; i < columns; i++) {
            target[i] = (uint8_t)(row[i / per_byte] >> (8 - bits * (i % per_byte + 1))) & mask;
        }
    }
    }
}

static int read_tiles(floe_tiff_reader *reader, uint32_t first, uint32_t last, uint8_t *samples) {
    const floe_image_info *info = &reader->info;
    uint32_t bytes = floe_sample_bytes(info), rows = last - first;
    uint32_t reads = reader->separate ? info->bands : 1;
    uint32_t stride = reader->separate ? 1 : info->bands;
    size_t row_bytes = reader->block_bytes / reader->tile_height;
    uint32_t top = first / reader->tile_height * reader->tile_height;
    for (uint32_t plane = 0; plane < reads; plane++) {
        for (uint64_t y = top; y < last; y += reader->tile_height) {
            for (uint64_t x = 0; x < info->width; x += reader->tile_width) {
                uint32_t tile = TIFFComputeTile(
                    reader->tiff, (uint32_t)x, (uint32_t)y, 0, (uint16_t)plane);
                if (TIFFReadEncodedTile(
                        reader->tiff, tile, reader->block, (tmsize_t)reader->block_bytes) !=
                    (tmsize_t)reader->block_bytes) return FLOE_IMAGE_DAMAGED;
                uint64_t y0 = y < first ? first : y;
                uint64_t y1 = y + reader->tile_height < last ? y + reader->tile_height : last;
                uint32_t columns = (uint32_t)(
                    info->width - x < reader->tile_width ? info->width - x : reader->tile_width);
                for (uint64_t row = y0; row < y1; row++) {
                    const uint8_t *decoded = reader->block + (row - y) * row_bytes;
                    for (uint32_t band = 0; band < stride; band++) {
                        size_t line = (size_t)(plane + band) * rows + (row - first);
                        take_samples(
                            decoded, columns, stride, band, info->bits,
                            samples + (line * info->width + x) * bytes);
                    }
                }
            }
        }
    }
    return FLOE_IMAGE_OK;
}

// The row to decode from in order to arrive at `row`: compressed strips are only read forwards.
static uint32_t strip_start(const floe_tiff_reader *reader, uint32_t plane, uint32_t row) {
    uint32_t start = row - row % reader->rows_per_strip;
    if (reader->next_plane == plane && reader->next_row > start && reader->next_row <= row) {
        start = reader->next_row;
    }
    return start;
}

static int read_strips(floe_tiff_reader *reader, uint32_t first, uint32_t last, uint8_t *samples) {
    const floe_image_info *info = &reader->info;
    uint32_t bytes = floe_sample_bytes(info), rows = last - first;
    uint32_t reads = reader->separate ? info->bands : 1;
    uint32_t stride = reader->separate ? 1 : info->bands;
    if (rows == 0) return FLOE_IMAGE_OK;
    for (uint32_t plane = 0; plane < reads; plane++) {
        uint32_t start = strip_start(reader, plane, first);
        reader->next_plane = UINT32_MAX;
        for (uint32_t row = start; row < last; row++) {
            if (TIFFReadScanline(reader->tiff, reader->block, row, (uint16_t)plane) < 0) {
                return FLOE_IMAGE_DAMAGED;
            }
            if (row < first) continue;
            for (uint32_t band = 0; band < stride; band++) {
                size_t line = (size_t)(plane + band) * rows + (row - first);
                take_samples(
                    reader->block, info->width, stride, band, info->bits,
                    samples + line * info->width * bytes);
            }
        }
        reader->next_plane = plane;
        reader->next_row = last;
    }
    return FLOE_IMAGE_OK;
}

int floe_tiff_read_rows(
    floe_tiff_reader *reader, uint32_t first, uint32_t last, uint8_t *samples,
    size_t sample_bytes, floe_image_message *message
) {
    const floe_image_info *info = &reader->info;
    message->text[0] = 0;
    reader->message.text[0] = 0;
    uint64_t needed = (uint64_t)(last - first) * info->width * info->bands *
        floe_sample_bytes(info);
    if (first > last || last > info->height || needed != sample_bytes) {
        floe_say(message, "rows %u..<%u of %u were asked for", first, last, info->height);
        return FLOE_IMAGE_DAMAGED;
    }
    if (!reader->block) reader->block = malloc(reader->block_bytes ? reader->block_bytes : 1);
    if (!reader->block) {
        floe_say(message, "no memory for a row of the image");
        return FLOE_IMAGE_MEMORY;
    }
    int status = reader->tiled ? read_tiles(reader, first, last, samples)
                               : read_strips(reader, first, last, samples);
    if (status != FLOE_IMAGE_OK) {
        *message = reader->message;
        if (!message->text[0]) floe_say(message, "damaged TIFF: pixels are missing");
    }
    return status;
}
