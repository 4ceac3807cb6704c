#include <setjmp.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

#include "image_internal.h"

// The DC coefficient of each block of 8x8 pixels takes at least one bit, so that a byte of the file
// holds at most 512 pixels.
enum { JPEG_PIXELS_PER_BYTE = 512, JPEG_MOST_SCANS = 100 };

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf escape;
    floe_image_message *message;
} jpeg_errors;

static void jpeg_fail(j_common_ptr jpeg) {
    jpeg_errors *errors = (jpeg_errors *)jpeg->err;
    char text[JMSG_LENGTH_MAX];
    errors->base.format_message(jpeg, text);
    floe_say(errors->message, "damaged JPEG: %s", text);
    longjmp(errors->escape, 1);
}

// libjpeg warns and goes on with invented pixels; corrupt data is an error here. Trace messages
// (level 0 and up) are not.
static void jpeg_warn(j_common_ptr jpeg, int level) {
    if (level < 0) jpeg_fail(jpeg);
}

static void jpeg_silent(j_common_ptr jpeg) { (void)jpeg; }

static void jpeg_start_source(j_decompress_ptr jpeg) { (void)jpeg; }
static void jpeg_end_source(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean jpeg_no_more(j_decompress_ptr jpeg) {
    jpeg_errors *errors = (jpeg_errors *)jpeg->err;
    floe_say(errors->message, "damaged JPEG: the file ends early");
    longjmp(errors->escape, 1);
    return FALSE;
}

static void jpeg_skip(j_decompress_ptr jpeg, long count) {
    if (count <= 0) return;
    if ((size_t)count > jpeg->src->bytes_in_buffer) {
        jpeg_no_more(jpeg);
    }
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
}

// Thousands of empty progressive scans would keep the decoder busy for minutes.
static void jpeg_count_scans(j_common_ptr jpeg) {
    if (((j_decompress_ptr)jpeg)->input_scan_number > JPEG_MOST_SCANS) {
        jpeg_errors *errors = (jpeg_errors *)jpeg->err;
        floe_say(errors->message, "damaged JPEG: more than %d scans", JPEG_MOST_SCANS);
        longjmp(errors->escape, 1);
    }
}

typedef struct {
    struct jpeg_decompress_struct jpeg;
    jpeg_errors errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
} jpeg_state;

static void jpeg_begin(
    jpeg_state *state, const uint8_t *bytes, size_t count, floe_image_message *message
) {
    state->jpeg.err = jpeg_std_error(&state->errors.base);
    state->errors.base.error_exit = jpeg_fail;
    state->errors.base.emit_message = jpeg_warn;
    state->errors.base.output_message = jpeg_silent;
    state->errors.message = message;
    state->source.next_input_byte = bytes;
    state->source.bytes_in_buffer = count;
    state->source.init_source = jpeg_start_source;
    state->source.fill_input_buffer = jpeg_no_more;
    state->source.skip_input_data = jpeg_skip;
    state->source.resync_to_restart = jpeg_resync_to_restart;
    state->source.term_source = jpeg_end_source;
    state->progress.progress_monitor = jpeg_count_scans;
}

static int jpeg_describe(
    jpeg_state *state, uint64_t count, uint64_t budget, floe_image_info *info,
    floe_image_message *message
) {
    struct jpeg_decompress_struct *jpeg = &state->jpeg;
    memset(info, 0, sizeof *info);
    info->width = jpeg->image_width;
    info->height = jpeg->image_height;
    info->bits = 8;
    info->sample_format = FLOE_SAMPLE_UNSIGNED;
    switch (jpeg->jpeg_color_space) {
    case JCS_GRAYSCALE: info->bands = 1; break;
    case JCS_RGB:
    case JCS_YCbCr: info->bands = 3; break;
    default:
        floe_say(
            message, "a JPEG of %d components that is neither grey nor RGB (CMYK is not read)",
            jpeg->num_components);
        return FLOE_IMAGE_UNSUPPORTED;
    }
    if (jpeg->arith_code) {
        floe_say(message, "a JPEG with arithmetic coding, which is not read");
        return FLOE_IMAGE_UNSUPPORTED;
    }
    uint64_t pixels = (uint64_t)info->width * info->height;
    if (pixels / JPEG_PIXELS_PER_BYTE > count) {
        floe_say(
            message, "damaged JPEG: %llu bytes cannot hold an image of %ux%u",
            (unsigned long long)count, info->height,
            info->width);
        return FLOE_IMAGE_DAMAGED;
    }
    // Progressive files keep every coefficient in memory: two more bytes a sample.
    uint64_t factor = jpeg->progressive_mode ? 3 : 1;
    return floe_check_size(info, UINT64_MAX, 1, budget / factor, message);
}

int floe_jpeg_info(
    const uint8_t *bytes, size_t count, uint64_t file_count, uint64_t budget,
    floe_image_info *info, floe_image_message *message
) {
    jpeg_state *state = calloc(1, sizeof *state);
    if (!state) {
        floe_say(message, "no memory for libjpeg");
        return FLOE_IMAGE_MEMORY;
    }
    jpeg_begin(state, bytes, count, message);
    if (setjmp(state->errors.escape)) {
        jpeg_destroy_decompress(&state->jpeg);
        free(state);
        return FLOE_IMAGE_DAMAGED;
    }
    jpeg_create_decompress(&state->jpeg);
    state->jpeg.src = &state->source;
    jpeg_read_header(&state->jpeg, TRUE);
    int status = jpeg_describe(state, file_count, budget, info, message);
    jpeg_destroy_decompress(&state->jpeg);
    free(state);
    return status;
}

int floe_jpeg_read(
    const uint8_t *bytes, size_t count, const floe_image_info *expected, uint8_t *samples,
    size_t sample_bytes, floe_image_message *message
) {
    jpeg_state *state = calloc(1, sizeof *state);
    if (!state) {
        floe_say(message, "no memory for libjpeg");
        return FLOE_IMAGE_MEMORY;
    }
    jpeg_begin(state, bytes, count, message);
    if (setjmp(state->errors.escape)) {
        jpeg_destroy_decompress(&state->jpeg);
        free(state);
        return FLOE_IMAGE_DAMAGED;
    }
    struct jpeg_decompress_struct *jpeg = &state->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->src = &state->source;
    jpeg->progress = &state->progress;
    jpeg_read_header(jpeg, TRUE);
    jpeg->out_color_space = expected->bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
    // The slow integer transform is the one that every decoder agrees on to the last bit.
    jpeg->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(jpeg);
    if (jpeg->output_width != expected->width || jpeg->output_height != expected->height ||
        jpeg->output_components != (int)expected->bands ||
        floe_image_bytes(expected) != sample_bytes) {
        floe_say(message, "damaged JPEG: the header changed between two looks");
        longjmp(state->errors.escape, 1);
    }
    size_t row_bytes = (size_t)expected->width * expected->bands;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = samples + (size_t)jpeg->output_scanline * row_bytes;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
    jpeg_destroy_decompress(jpeg);
    free(state);
    return FLOE_IMAGE_OK;
}
