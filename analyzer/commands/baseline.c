/* The comparison of diff, looked at. */
#include "analyzer/commands/baseline.h"

#include <stdio.h>

#include "analyzer/analyses/compare.h"
#include "analyzer/diag.h"
#include "analyzer/reports/report.h"

enum { OLD, NEW, SIDES };

static bool is_good(struct profile *profile, const char *path)
{
        if (!profile_error(profile))
                return true;
        diag_warn("check: %s: %s", path, profile_error(profile));
        return false;
}

bool baseline_check(const char *baseline)
{
        struct profile *profile = profile_open(baseline);
        bool good = is_good(profile, baseline);

        profile_close(profile);
        return good;
}

static int judge(const struct findings *findings, const char *const path[SIDES], const char *program)
{
        static const struct report_options options = {.format = REPORT_TEXT};

        switch (compare_leaks(findings)) {
        case COMPARE_KEPT:
                return 0;
        case COMPARE_GROWN:
                diag_warn("check: %s loses more than in %s", program, path[OLD]);
                report_write(findings, path[NEW], stderr, &options);
                return DIAG_EXIT_CHECK;
        case COMPARE_UNKNOWN:
                break;
        }
        diag_warn("check: nothing can be said of %s: it or %s was not scanned for leaks", program, path[OLD]);
        return DIAG_EXIT_FAILURE;
}

int baseline_judge(const char *baseline, const char *profile_path, const char *program)
{
        const char *const path[SIDES] = {baseline, profile_path};
        struct profile *profile[SIDES] = {profile_open(baseline), profile_open(profile_path)};
        struct findings findings = {0};
        int status = DIAG_EXIT_FAILURE;

        if (is_good(profile[OLD], path[OLD]) && is_good(profile[NEW], path[NEW])) {
                compare_run(profile, path, &(struct compare_options){.what = COMPARE_LEAKS}, &findings);
                if (is_good(profile[OLD], path[OLD]) && is_good(profile[NEW], path[NEW]))
                        status = judge(&findings, path, program);
        }
        findings_free(&findings);
        for (int which = 0; which < SIDES; which++)
                profile_close(profile[which]);
        return status;
}
