/* A symbolized stack as a reader sees it: one frame a line, innermost first, inlined functions on lines of their own.
 */
#ifndef ANALYZER_FINDINGS_STACK_H
#define ANALYZER_FINDINGS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_NO_OFFSET = -1 };

struct frame {
        const char *function; /* NULL: no symbol */
        const char *file;     /* NULL: no line table */
        const char *module;   /* path; NULL: generated code */
        int64_t line;         /* 0: unknown */
        int64_t offset;       /* in the module, or the address in generated code; FRAME_NO_OFFSET: of no matter */
        bool inlined;         /* into the next frame */
};

enum {
        STACK_TRUNCATED = 1, /* deeper than the recorder's limit: outer frames are missing */
        STACK_BROKEN = 2,    /* the unwinder found no rule: outer frames are missing */
        STACK_UNDEFINED = 4, /* its definition was lost */
};

struct stack {
        const struct frame **frame;
        size_t count;
        unsigned flags;
};

/* A total order. Two frames are equal if they look the same: an offset counts only where there is no line. */
int frame_compare(const struct frame *a, const struct frame *b);
int stack_compare(const struct stack *a, const struct stack *b); /* frame by frame, then the shorter first */

const char *path_base(const char *path); /* what follows the last slash */

#endif
