/* What other programs read: stacks and what they cost. Made of one table, "costs", whose columns come in pairs of bytes
 * and blocks: live at the end, at the peak, allocated in all, definitely lost. Rows of the same stack are added up by
 * whoever reads them.
 *
 * Names come from the program: what a format uses for itself is replaced in them. */
#ifndef ANALYZER_REPORTS_EXPORT_H
#define ANALYZER_REPORTS_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/findings/table.h"
#include "analyzer/index.h"

enum export_format {
        EXPORT_FOLDED,     /* outermost;…;innermost COST: flamegraph.pl and the like */
        EXPORT_CSV,        /* RFC 4180, with a line of names */
        EXPORT_SPEEDSCOPE, /* https://www.speedscope.app/file-format-schema.json */
        EXPORT_PPROF,      /* proto/profile.proto of github.com/google/pprof, not compressed */
        EXPORT_FORMATS,
};

enum export_cost {
        EXPORT_LIVE,
        EXPORT_PEAK,
        EXPORT_ALLOCATED,
        EXPORT_LEAKED,
        EXPORT_COSTS,
};

bool export_format_parse(const char *name, enum export_format *ret_format);
bool export_cost_parse(const char *name, enum export_cost *ret_cost);

/* `cost` is the one of a format that has room for one only (folded), and what a reader shows first. */
void export_write(const struct findings *findings, enum export_format format, enum export_cost cost, FILE *out);

/* --- for the formats --------------------------------------------------------------------------------------------- */

/* Frames by number, in the order of their appearance. A frame that looks the same is the same pointer. */
struct export_frames {
        const struct frame **frame;
        size_t count, capacity;
        struct index index;
};

uint32_t export_frame_number(struct export_frames *frames, const struct frame *frame);
void export_frames_free(struct export_frames *frames);

/* The function's name, or module+0xOFFSET. `buffer` has room for 512 bytes; returns it or the name. */
const char *export_frame_name(const struct frame *frame, char *buffer);

int64_t export_bytes(const struct row *row, enum export_cost cost);
int64_t export_blocks(const struct row *row, enum export_cost cost);
const char *export_cost_name(enum export_cost cost); /* "live" */

void export_speedscope(const struct table *costs, enum export_cost cost, FILE *out);
void export_pprof(const struct table *costs, enum export_cost cost, FILE *out);

#endif
