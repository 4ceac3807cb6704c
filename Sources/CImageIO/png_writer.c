#include <png.h>
#include <setjmp.h>

#include "image_internal.h"

typedef struct {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
    floe_image_message *message;
} png_output;

static void png_take(png_structp png, png_bytep source, size_t count) {
    png_output *output = png_get_io_ptr(png);
    if (count > output->capacity - output->count) {
        size_t capacity = output->capacity ? output->capacity : 64 << 10;
        while (capacity - output->count < count) capacity *= 2;
        uint8_t *grown = realloc(output->bytes, capacity);
        if (!grown) png_error(png, "no memory left");
        output->bytes = grown;
        output->capacity = capacity;
    }
    memcpy(output->bytes + output->count, source, count);
    output->count += count;
}

static void png_nothing_to_flush(png_structp png) { (void)png; }

static void png_write_fail(png_structp png, png_const_charp text) {
    png_output *output = png_get_error_ptr(png);
    floe_say(output->message, "libpng: %s", text);
    png_longjmp(png, 1);
}

static void png_write_note(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

int floe_png_write(
    const uint8_t *samples, uint32_t width, uint32_t height, uint32_t bands,
    const uint8_t *palette, uint32_t palette_count, uint8_t **encoded, size_t *encoded_count,
    floe_image_message *message
) {
    *encoded = NULL;
    *encoded_count = 0;
    // On the heap, because setjmp leaves changed locals undefined.
    png_output *output = calloc(1, sizeof *output);
    png_infop info = NULL;
    png_structp png =
        output ? png_create_write_struct(PNG_LIBPNG_VER_STRING, output, png_write_fail, png_write_note)
               : NULL;
    if (png) info = png_create_info_struct(png);
    if (!info) {
        if (png) png_destroy_write_struct(&png, NULL);
        free(output);
        floe_say(message, "no memory for libpng");
        return FLOE_IMAGE_MEMORY;
    }
    output->message = message;
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        free(output->bytes);
        free(output);
        return FLOE_IMAGE_OUTPUT;
    }
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_write_fn(png, output, png_take, png_nothing_to_flush);
    int type = bands == 3 ? PNG_COLOR_TYPE_RGB
        : palette         ? PNG_COLOR_TYPE_PALETTE
                          : PNG_COLOR_TYPE_GRAY;
    png_set_IHDR(
        png, info, width, height, 8, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_color colours[256];
        for (uint32_t i = 0; i < palette_count && i < 256; i++) {
            colours[i].red = palette[3 * i];
            colours[i].green = palette[3 * i + 1];
            colours[i].blue = palette[3 * i + 2];
        }
        png_set_PLTE(png, info, colours, (int)(palette_count < 256 ? palette_count : 256));
    }
    png_set_compression_level(png, 6);
    png_write_info(png, info);
    for (uint32_t row = 0; row < height; row++) {
        png_write_row(png, samples + (size_t)row * width * bands);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *encoded = output->bytes;
    *encoded_count = output->count;
    free(output);
    return FLOE_IMAGE_OK;
}
