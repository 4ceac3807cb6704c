#include "tiff_internal.h"

#include <pthread.h>

int floe_tiff_error(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments
) {
    (void)tiff;
    floe_image_message *message = user;
    if (message->text[0]) return 1;
    floe_say_list(message, format, arguments);
    if (module && module[0]) {
        char text[sizeof message->text];
        memcpy(text, message->text, sizeof text);
        floe_say(message, "%.40s: %.200s", module, text);
    }
    return 1;
}

int floe_tiff_silent(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments
) {
    (void)tiff;
    (void)user;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

static const TIFFFieldInfo floe_fields[] = {
    {FLOE_TIFFTAG_NODATA, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, (char *)"GDALNoDataValue"},
};
static TIFFExtendProc floe_parent_extender;

static void floe_extend(TIFF *tiff) {
    TIFFMergeFieldInfo(tiff, floe_fields, 1);
    if (floe_parent_extender) floe_parent_extender(tiff);
}

static void floe_register_once(void) { floe_parent_extender = TIFFSetTagExtender(floe_extend); }

void floe_tiff_register_tags(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, floe_register_once);
}
