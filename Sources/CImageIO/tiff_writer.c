#include "tiff_internal.h"

struct floe_tiff_writer {
    TIFF *tiff;
    floe_tiff_sink sink;
    uint64_t position;
    uint64_t count;
    int failed;
    floe_image_message message;
};

// libtiff reads nothing back while it writes one directory front to back.
static tmsize_t sink_read(thandle_t handle, void *target, tmsize_t count) {
    (void)handle;
    (void)target;
    (void)count;
    return 0;
}

static tmsize_t sink_write(thandle_t handle, void *bytes, tmsize_t count) {
    floe_tiff_writer *writer = handle;
    if (count <= 0) return 0;
    if (writer->failed ||
        writer->sink.write_at(writer->sink.context, writer->position, bytes, (size_t)count)) {
        writer->failed = 1;
        return -1;
    }
    writer->position += (uint64_t)count;
    if (writer->position > writer->count) writer->count = writer->position;
    return count;
}

static toff_t sink_seek(thandle_t handle, toff_t offset, int whence) {
    floe_tiff_writer *writer = handle;
    if (whence == SEEK_SET) writer->position = offset;
    if (whence == SEEK_CUR) writer->position += offset;
    if (whence == SEEK_END) writer->position = writer->count + offset;
    return writer->position;
}

static int sink_close(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t sink_size(thandle_t handle) { return ((floe_tiff_writer *)handle)->count; }

static int set_tags(TIFF *tiff, const floe_tiff_layout *layout) {
    int rgb = layout->bands == 3 && layout->bits == 8 && !layout->separate_planes;
    int ok = TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, layout->width) &&
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, layout->height) &&
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, layout->bands) &&
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, layout->bits) &&
        TIFFSetField(
            tiff, TIFFTAG_SAMPLEFORMAT,
            layout->bits == 32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT) &&
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, layout->rows_per_strip) &&
        TIFFSetField(
            tiff, TIFFTAG_PLANARCONFIG,
            layout->separate_planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG) &&
        TIFFSetField(
            tiff, TIFFTAG_COMPRESSION,
            layout->deflate ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_NONE) &&
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT) &&
        TIFFSetField(
            tiff, TIFFTAG_PHOTOMETRIC, rgb ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    if (ok && layout->deflate) ok = TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, 6);
    if (ok && !rgb && layout->bands > 1) {
        uint16_t *extra = calloc(layout->bands - 1, sizeof *extra);
        ok = extra && TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, layout->bands - 1, extra);
        free(extra);
    }
    if (ok && layout->has_nodata) ok = TIFFSetField(tiff, FLOE_TIFFTAG_NODATA, layout->nodata);
    return ok;
}

int floe_tiff_create(
    floe_tiff_sink sink, const floe_tiff_layout *layout, floe_tiff_writer **result,
    floe_image_message *message
) {
    *result = NULL;
    message->text[0] = 0;
    floe_tiff_register_tags();
    floe_tiff_writer *writer = calloc(1, sizeof *writer);
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!writer || !options) {
        free(writer);
        if (options) TIFFOpenOptionsFree(options);
        floe_say(message, "no memory for libtiff");
        return FLOE_IMAGE_MEMORY;
    }
    writer->sink = sink;
    TIFFOpenOptionsSetErrorHandlerExtR(options, floe_tiff_error, &writer->message);
    TIFFOpenOptionsSetWarningHandlerExtR(options, floe_tiff_silent, NULL);
    writer->tiff = TIFFClientOpenExt(
        "TIFF", layout->big ? "w8lm" : "wlm", writer, sink_read, sink_write, sink_seek, sink_close,
        sink_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    if (!writer->tiff || !set_tags(writer->tiff, layout)) {
        *message = writer->message;
        if (!message->text[0]) floe_say(message, "the TIFF cannot be begun");
        floe_tiff_abandon(writer);
        return FLOE_IMAGE_OUTPUT;
    }
    *result = writer;
    return FLOE_IMAGE_OK;
}

int floe_tiff_write_strip(
    floe_tiff_writer *writer, uint32_t strip, uint32_t band, const uint8_t *samples,
    size_t sample_bytes, floe_image_message *message
) {
    message->text[0] = 0;
    writer->message.text[0] = 0;
    uint32_t rows = 0, height = 0;
    TIFFGetField(writer->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    TIFFGetField(writer->tiff, TIFFTAG_IMAGELENGTH, &height);
    uint32_t per_plane = (uint32_t)(((uint64_t)height + rows - 1) / rows);
    // libtiff takes its buffer as writable, but changes it only to swap bytes or to predict.
    tmsize_t written = TIFFWriteEncodedStrip(
        writer->tiff, band * per_plane + strip, (void *)samples, (tmsize_t)sample_bytes);
    if (written != (tmsize_t)sample_bytes || writer->failed) {
        *message = writer->message;
        if (!message->text[0]) floe_say(message, "a strip cannot be written");
        return FLOE_IMAGE_OUTPUT;
    }
    return FLOE_IMAGE_OK;
}

int floe_tiff_finish(floe_tiff_writer *writer, floe_image_message *message) {
    message->text[0] = 0;
    writer->message.text[0] = 0;
    int ok = TIFFWriteDirectory(writer->tiff) && !writer->failed;
    if (!ok) {
        *message = writer->message;
        if (!message->text[0]) floe_say(message, "the TIFF's directory cannot be written");
    }
    floe_tiff_abandon(writer);
    return ok ? FLOE_IMAGE_OK : FLOE_IMAGE_OUTPUT;
}

void floe_tiff_abandon(floe_tiff_writer *writer) {
    if (!writer) return;
    // What libtiff still wants to flush is discarded with the sink's file.
    if (writer->tiff) {
        writer->failed = 1;
        TIFFClose(writer->tiff);
    }
    free(writer);
}
