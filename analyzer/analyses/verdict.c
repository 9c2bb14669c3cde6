/* Sums over all processes; the main one must have been scanned at its end. */
#include "analyzer/analyses/verdict.h"

#include <string.h>

#include "analyzer/analyses/lost.h"
#include "analyzer/analyses/places.h"

/* A program that executes another, which is traced as well, is that one in the end. */
static bool is_scanned(struct profile *profile, const struct lost *lost)
{
        int64_t pid = meta_integer(profile, "pid");
        size_t count;
        /* __lsan_do_leak_check has scanned earlier then, and wants no more of it. */
        bool ended = strcmp(profile_processes(profile, &count)->end_kind, "exit") == 0;

        for (size_t i = 0; i < lost->scan_count; i++)
                if (lost->scan[i].pid == pid && !(lost->scan[i].flags & SCAN_INCOMPLETE) &&
                    (ended || strcmp(lost->scan[i].why, "exit") == 0))
                        return true;
        return false;
}

static const char *doubt(struct profile *profile, const struct process *main)
{
        if (!main || main->flags & PROCESS_OWN_MALLOC)
                return "it brings its own malloc, so nothing was recorded";
        if (!meta_integer(profile, "traced"))
                return "nothing was recorded";
        if (meta_integer(profile, "lost_events") || meta_integer(profile, "lost_frames") ||
            meta_integer(profile, "damaged_frames"))
                return "events were lost";
        return NULL;
}

static const char *unscanned(struct profile *profile, const struct process *main, const struct lost *lost)
{
        if (is_scanned(profile, lost))
                return NULL;
        for (size_t i = 0; i < lost->scan_count; i++)
                if (lost->scan[i].process == main->id && lost->scan[i].flags & SCAN_INCOMPLETE)
                        return "the scan for leaks was not finished";
        if (strcmp(main->end_kind, "running") == 0)
                return "it still runs";
        if (strcmp(main->end_kind, "killed") == 0)
                return "before it could be scanned for leaks it was killed, or executed another program (--follow "
                       "traces that, too)";
        return "it was not scanned for leaks";
}

void verdict_find(struct profile *profile, const struct suppressed_options *suppress, struct verdict *ret_verdict)
{
        struct suppressed suppressed;
        struct places places;
        struct lost lost;
        size_t count;
        const struct process *process = profile_processes(profile, &count);

        *ret_verdict = (struct verdict){0};
        suppressed_load(profile, suppress, &suppressed);
        places_load(profile, PLACES_BY_SITE, &places);
        lost_load(profile, &places, &suppressed, &lost);
        ret_verdict->doubt = doubt(profile, count ? process : NULL);
        ret_verdict->unscanned = ret_verdict->doubt ? ret_verdict->doubt : unscanned(profile, process, &lost);
        ret_verdict->leaked_blocks = lost.sum[LOST_DEFINITE].blocks + lost.sum[LOST_INDIRECT].blocks;
        ret_verdict->leaked_bytes = lost.sum[LOST_DEFINITE].bytes + lost.sum[LOST_INDIRECT].bytes;
        ret_verdict->possible_blocks = lost.sum[LOST_POSSIBLE].blocks;
        ret_verdict->possible_bytes = lost.sum[LOST_POSSIBLE].bytes;
        for (size_t i = 0; i < lost.place_count; i++)
                if (lost.place[i].class == LOST_POSSIBLE)
                        ret_verdict->possible_leaks++;
                else
                        ret_verdict->leaks++;
        ret_verdict->requested = places.all.requested;
        ret_verdict->allocations = places.all.allocations;
        ret_verdict->peak_bytes = count ? process[0].peak_bytes : 0;
        lost_free(&lost);
        places_free(&places);
        suppressed_free(&suppressed);
}
