#ifndef FLOE_IMAGE_INTERNAL_H
#define FLOE_IMAGE_INTERNAL_H
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CImageIO.h"

// Writes one line; control characters that a file may have smuggled in become spaces.
__attribute__((format(printf, 2, 3)))
void floe_say(floe_image_message *message, const char *format, ...);
void floe_say_list(floe_image_message *message, const char *format, va_list arguments);

// Refuses sizes beyond the budget, and sizes that `count` compressed bytes cannot possibly hold.
int floe_check_size(
    const floe_image_info *info, uint64_t count, uint64_t expansion, uint64_t budget,
    floe_image_message *message);
#endif
