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

/* Thousands of stacks share their outer parts, so one may go on in another: its first `inner` lines are its own. */
struct stack {
        const struct frame **frame; /* innermost first */
        size_t count;               /* lines in all; what the parts have beyond them does not belong to it */
        unsigned flags;
        size_t inner;              /* only if there is an outer part */
        const struct stack *outer; /* NULL: all lines are its own */
        size_t order;              /* among those that were sorted already; 0: none */
};

/* Line by line from the inside: for (struct stack_walk walk = stack_walk(stack); (line = stack_next(&walk));) */
struct stack_walk {
        const struct stack *part;
        size_t at, left;
};

static inline struct stack_walk stack_walk(const struct stack *stack)
{
        return (struct stack_walk){stack, 0, stack->count};
}

static inline const struct frame *stack_next(struct stack_walk *walk)
{
        if (walk->left == 0)
                return NULL;
        for (; walk->part->outer && walk->at == walk->part->inner; walk->at = 0)
                walk->part = walk->part->outer;
        walk->left--;
        return walk->part->frame[walk->at++];
}

const struct frame **stack_lines(const struct stack *stack); /* all of them in an array, to be freed */

/* A total order. Two frames are equal if they look the same: an offset counts only where there is no line. */
int frame_compare(const struct frame *a, const struct frame *b);
int stack_compare(const struct stack *a, const struct stack *b); /* frame by frame, then the shorter first */

const char *path_base(const char *path); /* what follows the last slash */

#endif
