/* A stack as lines of text, innermost first. */
#include "analyzer/reports/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
        FRAMES_SHOWN = 12, /* without --full */
        FRAMES_BRIEF = 4,
        STACK_INDENT = 8,
};

/* A file's leading directories go when the line would not fit otherwise. */
static const char *shortened(const char *file, int room)
{
        const char *rest = file, *slash;

        while (text_columns(rest) > room && (slash = strchr(rest + 1, '/')) && strchr(slash + 1, '/'))
                rest = slash;
        return rest;
}

static void put_module(const struct text *text, const struct frame *frame)
{
        if (frame->module)
                text_put(text, path_base(frame->module));
        else
                fputs("generated code", text->out);
        if (frame->offset != FRAME_NO_OFFSET)
                fprintf(text->out, frame->module ? "+0x%" PRIx64 : " at 0x%" PRIx64, (uint64_t)frame->offset);
}

static void put_source(const struct text *text, const struct frame *frame)
{
        const char *file = frame->file;

        if (!file) {
                fputc('(', text->out);
                put_module(text, frame);
                fputc(')', text->out);
                return;
        }
        file = shortened(file, TEXT_WIDTH - STACK_INDENT - text_columns(frame->function) - 10);
        fputs(file == frame->file ? "" : "…", text->out);
        text_put(text, file);
        if (frame->line > 0)
                fprintf(text->out, ":%" PRId64, frame->line);
}

/* Lines of a stack that are printed as one. */
struct fold {
        size_t frames;
        size_t inside; /* frames of the C++ library that the printed one, the outermost, called */
        size_t times;  /* how often a function called itself */
};

static void put_frame(const struct text *text, const struct frame *frame, const struct fold *fold)
{
        fprintf(text->out, "%*s", STACK_INDENT, "");
        if (frame->function) {
                text_put(text, frame->function);
                text_style(text, TEXT_FILE);
                if (frame->file || frame->module || frame->offset != FRAME_NO_OFFSET) { /* else it is no code */
                        fputs("  ", text->out);
                        put_source(text, frame);
                }
        } else {
                put_module(text, frame);
                text_style(text, TEXT_FILE);
        }
        if (frame->inlined)
                fputs("  (inlined)", text->out);
        if (fold->times > 1)
                fprintf(text->out, "  (%zu times)", fold->times);
        if (fold->inside > 0)
                fprintf(text->out, "  (%zu more inside)", fold->inside);
        text_plain(text);
        fputc('\n', text->out);
}

static bool is_cxx_library(const struct frame *frame)
{
        if (frame->file)
                return strstr(frame->file, "/include/c++/") != NULL;
        return frame->module && strncmp(path_base(frame->module), "libstdc++.so", 12) == 0;
}

/* Recursion takes one line, and so do the frames of the C++ library below the one that was called: nobody looks for a
 * leak in there, and their names are long. */
static struct fold fold_at(const struct frame *const *line, size_t count, bool full)
{
        struct fold fold = {.times = 1};

        while (fold.times < count && line[fold.times] == line[0])
                fold.times++;
        if (!full && fold.times == 1 && is_cxx_library(line[0]))
                while (fold.inside + 1 < count && is_cxx_library(line[fold.inside + 1]))
                        fold.inside++;
        fold.frames = fold.times + fold.inside;
        return fold;
}

static void put_frames(const struct text *text, const struct frame *const *line, size_t count, size_t lines_max)
{
        size_t at = 0;
        struct fold fold;

        for (size_t lines = 0; at < count; at += fold.frames, lines++) {
                fold = fold_at(line + at, count - at, text->options->full);
                /* "1 more" would take as much room as the frame itself. */
                if (lines >= lines_max && at + fold.frames < count)
                        break;
                put_frame(text, line[at + fold.frames - 1], &fold);
        }
        if (at < count)
                fprintf(text->out, "%*s… %zu more\n", STACK_INDENT, "", count - at);
}

void text_stack(const struct text *text, const struct stack *stack, bool brief)
{
        const struct frame **line = stack_lines(stack);

        put_frames(text, line, stack->count, text->options->full ? SIZE_MAX : brief ? FRAMES_BRIEF : FRAMES_SHOWN);
        free(line);
        if (stack->flags & STACK_TRUNCATED)
                fprintf(text->out, "%*s… deeper than was recorded\n", STACK_INDENT, "");
        if (stack->flags & STACK_BROKEN)
                fprintf(text->out, "%*s… ends early: no unwind information\n", STACK_INDENT, "");
        if (stack->flags & STACK_UNDEFINED)
                fprintf(text->out, "%*s(the definition of this stack was lost)\n", STACK_INDENT, "");
        else if (stack->count == 0)
                fprintf(text->out, "%*s(no stack)\n", STACK_INDENT, "");
}
