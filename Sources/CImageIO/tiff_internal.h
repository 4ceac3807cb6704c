#ifndef FLOE_TIFF_INTERNAL_H
#define FLOE_TIFF_INTERNAL_H
#include <tiffio.h>

#include "image_internal.h"

// GDAL's ASCII tag for the value that means "no data".
#define FLOE_TIFFTAG_NODATA 42113

// Keeps the first line that libtiff says: the cause; later ones are consequences.
int floe_tiff_error(
    TIFF *tiff, void *message, const char *module, const char *format, va_list arguments);
int floe_tiff_silent(
    TIFF *tiff, void *message, const char *module, const char *format, va_list arguments);
// Registers GDAL's tag, which libtiff does not know.
void floe_tiff_register_tags(void);
#endif
