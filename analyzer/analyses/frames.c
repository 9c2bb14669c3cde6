/* Loads frames and symbols, and makes lines that look the same one line. */
#include "analyzer/analyses/frames.h"

#include "analyzer/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Lines of one frame stand together, in the order of their depth. */
struct frames {
        struct line {
                int64_t frame;
                struct frame line;
        } * line;
        const struct frame **shared; /* for each line the one that stands for all that look the same */
        size_t count, capacity;
};

/* What is left of a line when places are told apart by less than the whole stack. */
static struct frame reduced(struct frame line, enum places_by by)
{
        if (by == PLACES_BY_SITE)
                return line;
        return (struct frame){
                .function = by == PLACES_BY_FUNCTION ? line.function : NULL,
                .module = line.module,
                .offset = FRAME_NO_OFFSET,
        };
}

static void load_lines(struct profile *profile, enum places_by by, struct arena *arena, struct frames *frames)
{
        struct sqlite3_stmt *rows = profile_query(
                profile,
                "SELECT frame.id, symbol.function, symbol.file, symbol.line, module.path,"
                " ifnull(CASE WHEN frame.module IS NULL THEN frame.address ELSE frame.offset END, -1),"
                " ifnull(symbol.depth < (SELECT max(depth) FROM symbol AS outer WHERE outer.frame = frame.id), 0) "
                "FROM frame LEFT JOIN module ON module.id = frame.module "
                "LEFT JOIN symbol ON symbol.frame = frame.id ORDER BY frame.id, symbol.depth",
                NULL, 0);

        while (profile_next(profile, rows)) {
                struct frame line = {
                        .function = arena_text(arena, row_text(rows, 1)),
                        .file = arena_text(arena, row_text(rows, 2)),
                        .line = row_integer(rows, 3),
                        .module = arena_text(arena, row_text(rows, 4)),
                        .offset = row_address(rows, 5),
                        .inlined = row_integer(rows, 6),
                };

                frames->line = xgrow(frames->line, frames->count, &frames->capacity, sizeof *frames->line);
                frames->line[frames->count++] = (struct line){row_integer(rows, 0), reduced(line, by)};
        }
}

static int line_compare(const void *left, const void *right)
{
        const struct line *const *a = left, *const *b = right;
        int order = frame_compare(&(*a)->line, &(*b)->line);

        /* Of equals the first in the profile stands for all: its offset is the one that is told. */
        return order ? order : (*a > *b) - (*a < *b);
}

static void share_lines(struct frames *frames, struct arena *arena)
{
        const struct line **order = xcalloc(frames->count, sizeof *order);
        struct frame *shared = arena_alloc(arena, frames->count * sizeof *shared);
        size_t count = 0;

        frames->shared = xcalloc(frames->count, sizeof *frames->shared);
        for (size_t i = 0; i < frames->count; i++)
                order[i] = &frames->line[i];
        qsort(order, frames->count, sizeof *order, line_compare);
        for (size_t i = 0; i < frames->count; i++) {
                if (count == 0 || frame_compare(&shared[count - 1], &order[i]->line) != 0)
                        shared[count++] = order[i]->line;
                frames->shared[order[i] - frames->line] = &shared[count - 1];
        }
        free(order);
}

struct frames *frames_load(struct profile *profile, enum places_by by, struct arena *arena)
{
        struct frames *frames = arena_alloc(arena, sizeof *frames);

        load_lines(profile, by, arena, frames);
        if (frames->count)
                share_lines(frames, arena);
        return frames;
}

void frames_free(struct frames *frames)
{
        free(frames->line);
        free(frames->shared);
}

const struct frame *const *frames_lines(const struct frames *frames, int64_t frame, size_t *ret_count)
{
        size_t low = 0, high = frames->count, end;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (frames->line[middle].frame < frame)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (end = low; end < frames->count && frames->line[end].frame == frame;)
                end++;
        *ret_count = end - low;
        return frames->shared + low;
}

bool frame_is_wrapper(const struct frame *frame)
{
        static const char *const prefix[] = {
                "operator new",      "std::allocator",          "std::__new_allocator",
                "__gnu_cxx::",       "std::__allocate_guarded", "std::__detail::_Hashtable_alloc",
                "std::_Vector_base", "std::_Rb_tree_node"};

        for (size_t i = 0; frame->function && i < sizeof prefix / sizeof *prefix; i++)
                if (strncmp(frame->function, prefix[i], strlen(prefix[i])) == 0)
                        return true;
        return false;
}

bool frame_is_startup(const struct frame *frame)
{
        static const char *const name[] = {"_start",
                                           "__libc_start_call_main",
                                           "__libc_start_main",
                                           "start_thread",
                                           "__libc_start_main_impl",
                                           "__libc_start_main@@GLIBC_2.34",
                                           "clone",
                                           "clone3",
                                           "__clone",
                                           "__clone3",
                                           "__GI___clone",
                                           "__GI___clone3"};

        for (size_t i = 0; frame->function && i < sizeof name / sizeof *name; i++)
                if (strcmp(frame->function, name[i]) == 0)
                        return true;
        return false;
}
