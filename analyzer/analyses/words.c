/* Words and small sums that several analyses use. */
#define _GNU_SOURCE
#include "analyzer/analyses/analysis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The launcher knows best; without it there are only the last words of the process. */
struct unit_text words_end(const struct evidence *evidence)
{
        struct profile *profile = evidence->profile;
        const char *end = evidence->process_count ? evidence->process[0].end_kind : "";
        int64_t signal = meta_integer(profile, "exit_signal");
        const char *name = signal > 0 && signal < 65 ? sigabbrev_np((int)signal) : NULL;
        struct unit_text words;

        if (meta_integer(profile, "exit_known") && name)
                snprintf(words.text, sizeof words.text, "signal %s", name);
        else if (meta_integer(profile, "exit_known") && signal > 0)
                snprintf(words.text, sizeof words.text, "signal %" PRId64, signal);
        else if (meta_integer(profile, "exit_known"))
                snprintf(words.text, sizeof words.text, "exit %" PRId64 "%s", meta_integer(profile, "exit_status"),
                         strcmp(end, "_exit") == 0 ? " (_exit)" : "");
        else if (strcmp(end, "running") == 0)
                snprintf(words.text, sizeof words.text, "still running");
        else
                snprintf(words.text, sizeof words.text, "%s", *end ? end : "end unknown");
        return words;
}

const char *words_at_end(const struct evidence *evidence)
{
        const char *end = evidence->process_count ? evidence->process[0].end_kind : "";

        if (strcmp(end, "running") == 0)
                return "when this was recorded";
        if (strcmp(end, "killed") == 0)
                return meta_integer(evidence->profile, "exit_signal") ? "when it was killed" : "when last heard of";
        if (strcmp(end, "error") == 0)
                return "when it was ended";
        return "at exit";
}

const char *words_over(const struct evidence *evidence)
{
        return evidence->process_count > 1 ? " (all processes)" : "";
}

const char *words_place(const struct evidence *evidence)
{
        static const char *const word[] = {
                [PLACES_BY_SITE] = "place", [PLACES_BY_FUNCTION] = "function", [PLACES_BY_MODULE] = "module"};

        return word[evidence->options.by];
}

double share(int64_t part, int64_t whole)
{
        return whole > 0 ? (double)part / (double)whole : 0;
}

const char *plural(int64_t count)
{
        return count == 1 ? "" : "s";
}
