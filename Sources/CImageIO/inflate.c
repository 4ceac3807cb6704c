#include "floe_inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct floe_inflater {
    z_stream stream;
};

floe_inflater *floe_inflater_create(void) {
    floe_inflater *inflater = calloc(1, sizeof *inflater);
    if (!inflater) return NULL;
    // Negative: a raw stream without zlib's header, as zip archives hold it.
    if (inflateInit2(&inflater->stream, -MAX_WBITS) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

void floe_inflater_free(floe_inflater *inflater) {
    if (!inflater) return;
    inflateEnd(&inflater->stream);
    free(inflater);
}

int floe_inflater_run(
    floe_inflater *inflater, const uint8_t *input, size_t *input_count, uint8_t *output,
    size_t *output_count) {
    z_stream *stream = &inflater->stream;
    uInt offered = *input_count > UINT_MAX ? UINT_MAX : (uInt)*input_count;
    uInt room = *output_count > UINT_MAX ? UINT_MAX : (uInt)*output_count;
    stream->next_in = (Bytef *)input;
    stream->avail_in = offered;
    stream->next_out = output;
    stream->avail_out = room;
    int status = inflate(stream, Z_NO_FLUSH);
    *input_count = offered - stream->avail_in;
    *output_count = room - stream->avail_out;
    switch (status) {
        case Z_OK:
        case Z_BUF_ERROR: return FLOE_INFLATE_MORE;
        case Z_STREAM_END: return FLOE_INFLATE_END;
        case Z_MEM_ERROR: return FLOE_INFLATE_MEMORY;
        default: return FLOE_INFLATE_DAMAGED;
    }
}

uint32_t floe_crc32(uint32_t checksum, const uint8_t *bytes, size_t count) {
    return (uint32_t)crc32_z(checksum, bytes, count);
}
