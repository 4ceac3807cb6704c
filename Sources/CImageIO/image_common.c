#include "image_internal.h"

void floe_say_list(floe_image_message *message, const char *format, va_list arguments) {
    vsnprintf(message->text, sizeof message->text, format, arguments);
    for (char *c = message->text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
    }
}

void floe_say(floe_image_message *message, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    floe_say_list(message, format, arguments);
    va_end(arguments);
}

uint64_t floe_image_bytes(const floe_image_info *info) {
    uint64_t bytes = 0;
    if (__builtin_mul_overflow((uint64_t)info->width, (uint64_t)info->height, &bytes) ||
        __builtin_mul_overflow(bytes, (uint64_t)info->bands, &bytes) ||
        __builtin_mul_overflow(bytes, (uint64_t)floe_sample_bytes(info), &bytes)) {
        return UINT64_MAX;
    }
    return bytes;
}

int floe_check_size(
    const floe_image_info *info, uint64_t count, uint64_t expansion, uint64_t budget,
    floe_image_message *message
) {
    if (info->width == 0 || info->height == 0 || info->bands == 0) {
        floe_say(message, "an image of %ux%u with %u bands", info->height, info->width, info->bands);
        return FLOE_IMAGE_DAMAGED;
    }
    uint64_t bytes = floe_image_bytes(info);
    if (bytes > budget) {
        floe_say(
            message, "an image of %ux%u with %u bands is larger than the budget of %llu MiB",
            info->height, info->width, info->bands, (unsigned long long)(budget >> 20));
        return FLOE_IMAGE_TOO_LARGE;
    }
    // Packed samples below one byte take less room in the file than in memory.
    uint64_t stored = info->bits < 8 ? bytes / (8 / info->bits) : bytes;
    uint64_t most = 0;
    if (__builtin_mul_overflow(count, expansion, &most)) most = UINT64_MAX;
    if (stored > most) {
        floe_say(
            message, "%llu bytes cannot hold an image of %ux%u with %u bands",
            (unsigned long long)count, info->height, info->width, info->bands);
        return FLOE_IMAGE_DAMAGED;
    }
    return FLOE_IMAGE_OK;
}

void floe_free(void *memory) { free(memory); }
