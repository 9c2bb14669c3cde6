/* One line for each place, after a comment that says what it is about. */
#include "analyzer/analyses/proposals.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/analyses/frames.h"
#include "analyzer/analyses/lost.h"
#include "analyzer/findings/unit.h"
#include "analyzer/xalloc.h"

static bool is_runtime(const struct frame *frame)
{
        static const char *const prefix[] = {"libc.so", "libstdc++.so", "libc++.so", "ld-linux"};
        const char *base = frame->module ? path_base(frame->module) : "";

        for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
                if (strncmp(base, prefix[i], strlen(prefix[i])) == 0)
                        return true;
        return frame_is_wrapper(frame);
}

/* The innermost function that could be meant, else the innermost module; NULL: there is neither. To be freed. */
static char *pattern_of(const struct stack *stack)
{
        const struct frame *frame, *module = NULL;

        for (struct stack_walk walk = stack_walk(stack); (frame = stack_next(&walk));) {
                if (is_runtime(frame))
                        continue;
                if (frame->function)
                        return xasprintf("^%s$", frame->function);
                if (!module && frame->module)
                        module = frame;
        }
        return module ? xasprintf("/%s$", path_base(module->module)) : NULL;
}

/* What the lines before have taken care of needs no other. */
static void propose(const struct lost_place *place, struct suppressions *said, FILE *out)
{
        const char *class = place->class == LOST_POSSIBLE ? "possibly" : "definitely";
        struct suppress_trouble trouble;
        char *pattern, *line;

        if (suppress_find(said, place->whole) || !(pattern = pattern_of(place->whole)))
                return;
        line = xasprintf("leak:%s\n", pattern);
        fprintf(out, "# %s in %s block%s %s lost", unit_bytes(place->sum.bytes).text,
                unit_count(place->sum.blocks).text, place->sum.blocks == 1 ? "" : "s", class);
        if (place->held_sum.blocks)
                fprintf(out, ", and %s that hang on them", unit_bytes(place->held_sum.bytes).text);
        fprintf(out, "\n%s", line);
        suppress_parse(said, "", line, &trouble);
        free(line);
        free(pattern);
}

void proposals_print(struct profile *profile, const struct suppressed_options *suppress, FILE *out)
{
        struct suppressed suppressed;
        struct suppressions said = {0};
        struct places places;
        struct lost lost;

        suppressed_load(profile, suppress, &suppressed);
        places_load(profile, PLACES_BY_SITE, &places);
        lost_load(profile, &places, &suppressed, &lost);
        for (size_t i = 0; i < lost.place_count; i++)
                if (lost.place[i].class != LOST_REACHABLE)
                        propose(&lost.place[i], &said, out);
        suppress_free(&said);
        lost_free(&lost);
        places_free(&places);
        suppressed_free(&suppressed);
}
