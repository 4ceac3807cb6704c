#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "image_internal.h"

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf escape;
    floe_image_message *message;
} jpeg_write_errors;

static void jpeg_write_fail(j_common_ptr jpeg) {
    jpeg_write_errors *errors = (jpeg_write_errors *)jpeg->err;
    char text[JMSG_LENGTH_MAX];
    errors->base.format_message(jpeg, text);
    floe_say(errors->message, "libjpeg: %s", text);
    longjmp(errors->escape, 1);
}

static void jpeg_write_silent(j_common_ptr jpeg, int level) {
    (void)jpeg;
    (void)level;
}

// On the heap, because setjmp leaves changed locals undefined.
typedef struct {
    struct jpeg_compress_struct jpeg;
    jpeg_write_errors errors;
    unsigned char *bytes;
    unsigned long count;
} jpeg_output;

int floe_jpeg_write(
    const uint8_t *samples, uint32_t width, uint32_t height, uint32_t bands, int32_t quality,
    uint8_t **encoded, size_t *encoded_count, floe_image_message *message
) {
    *encoded = NULL;
    *encoded_count = 0;
    jpeg_output *output = calloc(1, sizeof *output);
    if (!output) {
        floe_say(message, "no memory for libjpeg");
        return FLOE_IMAGE_MEMORY;
    }
    output->jpeg.err = jpeg_std_error(&output->errors.base);
    output->errors.base.error_exit = jpeg_write_fail;
    output->errors.base.emit_message = jpeg_write_silent;
    output->errors.message = message;
    if (setjmp(output->errors.escape)) {
        jpeg_destroy_compress(&output->jpeg);
        free(output->bytes);
        free(output);
        return FLOE_IMAGE_OUTPUT;
    }
    jpeg_create_compress(&output->jpeg);
    jpeg_mem_dest(&output->jpeg, &output->bytes, &output->count);
    output->jpeg.image_width = width;
    output->jpeg.image_height = height;
    output->jpeg.input_components = (int)bands;
    output->jpeg.in_color_space = bands == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&output->jpeg);
    jpeg_set_quality(&output->jpeg, quality, TRUE);
    // The same bytes on every processor: the fast transforms differ.
    output->jpeg.dct_method = JDCT_ISLOW;
    jpeg_start_compress(&output->jpeg, TRUE);
    while (output->jpeg.next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(samples + (size_t)output->jpeg.next_scanline * width * bands);
        jpeg_write_scanlines(&output->jpeg, &row, 1);
    }
    jpeg_finish_compress(&output->jpeg);
    jpeg_destroy_compress(&output->jpeg);
    *encoded = output->bytes;
    *encoded_count = output->count;
    free(output);
    return FLOE_IMAGE_OK;
}
