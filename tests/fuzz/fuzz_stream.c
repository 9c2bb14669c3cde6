/* Any bytes as a whole stream: cut into frames, added up, resolved into stacks. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/input/cutter.h"
#include "analyzer/model/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void cut(struct cutter *cutter, struct model *model, bool last)
{
        const uint8_t *frame;
        size_t frame_bytes;

        while ((frame = cutter_next(cutter, last, &frame_bytes)))
                model_frame(model, frame, frame_bytes, false);
}

/* In reads of two sizes, so that frames come in pieces too. */
static void feed(struct cutter *cutter, struct model *model, const uint8_t *bytes, size_t count)
{
        for (size_t at = 0, step = 100; at < count; at += step, step = step == 100 ? 5000 : 100) {
                size_t room;
                uint8_t *to = cutter_room(cutter, &room);

                if (step > count - at)
                        step = count - at;
                if (step > room)
                        abort();
                memcpy(to, bytes + at, step);
                cutter_filled(cutter, step);
                cut(cutter, model, false);
        }
        cut(cutter, model, true);
        if (cutter->begin != cutter->end)
                abort();
}

/* What must hold for any stream. */
static void check(const struct model *model, const struct catalog *catalog)
{
        for (const struct process *process = model->processes; process; process = process->hh.next)
                if (process->series.count > CLOCK_BINS_MAX)
                        abort();
        for (size_t i = 0; i < catalog->site_count; i++)
                if (catalog->site[i].stack >= catalog->stack_count ||
                    site_bins_count(catalog->site[i].site->bins) > CLOCK_BINS_MAX)
                        abort();
        for (size_t i = 0; i < catalog->stack_count; i++) {
                const struct catalog_stack *stack = &catalog->stack[i];
                uint32_t outer_depth = stack->outer == CATALOG_NO_STACK ? 0 : catalog->stack[stack->outer].depth;

                if ((stack->outer != CATALOG_NO_STACK && stack->outer >= i) ||
                    stack->frame + stack->frame_count > catalog->frame_count ||
                    stack->depth != outer_depth + stack->frame_count)
                        abort();
        }
        for (size_t i = 0; i < catalog->frame_count; i++)
                if (catalog->frame[i] >= catalog->place_count)
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
        static struct cutter cutter; /* kept: a fresh megabyte for each run takes longer than the run */
        struct model *model = model_create();
        struct catalog *catalog;

        if (!cutter.bytes)
                cutter_init(&cutter);
        cutter = (struct cutter){.bytes = cutter.bytes};
        feed(&cutter, model, bytes, count);
        model_finish(model);
        catalog = catalog_create(model);
        check(model, catalog);
        catalog_free(catalog);
        model_free(model);
        return 0;
}
