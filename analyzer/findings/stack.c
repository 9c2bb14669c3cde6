/* The order of frames and stacks. It decides which sites share a row and, among equals, which row stands first. */
#include "analyzer/findings/stack.h"

#include <string.h>

static int text_compare(const char *a, const char *b)
{
        if (!a || !b)
                return !a - !b; /* what has a name stands first */
        return strcmp(a, b);
}

static int number_compare(int64_t a, int64_t b)
{
        return (a > b) - (a < b);
}

int frame_compare(const struct frame *a, const struct frame *b)
{
        bool lines = a->line > 0 && b->line > 0;
        int order = text_compare(a->function, b->function);

        if (!order)
                order = text_compare(a->file, b->file);
        if (!order)
                order = number_compare(a->line, b->line);
        if (!order)
                order = text_compare(a->module, b->module);
        if (!order)
                order = (int)a->inlined - (int)b->inlined;
        if (!order && !lines)
                order = number_compare(a->offset, b->offset);
        return order;
}

int stack_compare(const struct stack *a, const struct stack *b)
{
        for (size_t i = 0; i < a->count && i < b->count; i++) {
                int order = a->frame[i] == b->frame[i] ? 0 : frame_compare(a->frame[i], b->frame[i]);

                if (order)
                        return order;
        }
        return (a->count > b->count) - (a->count < b->count);
}

const char *path_base(const char *path)
{
        const char *slash = path ? strrchr(path, '/') : NULL;

        return slash && slash[1] ? slash + 1 : path;
}
