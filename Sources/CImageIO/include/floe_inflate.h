#ifndef FLOE_INFLATE_H
#define FLOE_INFLATE_H
#include <stddef.h>
#include <stdint.h>

// Deflated entries of zip archives, and their checksums, through zlib.

enum {
    FLOE_INFLATE_MORE = 0,     // goes on as soon as there is more input or room
    FLOE_INFLATE_END = 1,      // the stream is at its end
    FLOE_INFLATE_DAMAGED = 2,
    FLOE_INFLATE_MEMORY = 3
};

typedef struct floe_inflater floe_inflater;
floe_inflater *floe_inflater_create(void);  // NULL without memory
void floe_inflater_free(floe_inflater *inflater);
// The counts say how much there is and come back as how much was used.
int floe_inflater_run(
    floe_inflater *inflater, const uint8_t *input, size_t *input_count, uint8_t *output,
    size_t *output_count);

// CRC-32 of `bytes` after those of `checksum` (0 at the beginning).
uint32_t floe_crc32(uint32_t checksum, const uint8_t *bytes, size_t count);
#endif
