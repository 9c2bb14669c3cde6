/* What is written into blocks so that it can be seen later whether it still stands there: canaries into the slack
 * behind what was asked for, and one byte all over a block that is free. */
#ifndef PRELOAD_CHECK_CONTENTS_H
#define PRELOAD_CHECK_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        CONTENTS_JUNK = 0xdf,      /* what free blocks are filled with, if not with zeros */
        CONTENTS_SLACK_MIN = 8,    /* a block with less slack has no canary */
        CONTENTS_CANARY_MAX = 128, /* bytes of the slack that are guarded */
};

/* Bytes of a block that are not what they should be. */
struct contents_change {
        size_t offset; /* of the first, in the block */
        size_t bytes;  /* that differ; 0: all is well */
};

void contents_put_canary(void *start, size_t size, size_t usable);
struct contents_change contents_check_canary(const void *start, size_t size, size_t usable);

struct contents_change contents_check_fill(const void *start, size_t usable, uint8_t byte);

#endif
