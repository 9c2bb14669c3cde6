/* The order of frames and stacks. It decides which sites share a row and, among equals, which row stands first. */
#include "analyzer/findings/stack.h"

#include <string.h>

#include "analyzer/xalloc.h"

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

const struct frame **stack_lines(const struct stack *stack)
{
        struct stack_walk walk = stack_walk(stack);
        const struct frame **line = xcalloc(stack->count, sizeof *line);

        for (size_t i = 0; i < stack->count; i++)
                line[i] = stack_next(&walk);
        return line;
}

/* Where both go on in the same part, only their ends can differ. */
int stack_compare(const struct stack *a, const struct stack *b)
{
        struct stack_walk one = stack_walk(a), two = stack_walk(b);
        const struct frame *left, *right;
        int order;

        if (a->order && b->order)
                return (a->order > b->order) - (a->order < b->order);
        while ((left = stack_next(&one)) && (right = stack_next(&two))) {
                order = left == right ? 0 : frame_compare(left, right);
                if (order)
                        return order;
                if (one.part == two.part && one.at == two.at)
                        break;
        }
        return (a->count > b->count) - (a->count < b->count);
}

const char *path_base(const char *path)
{
        const char *slash = path ? strrchr(path, '/') : NULL;

        return slash && slash[1] ? slash + 1 : path;
}
