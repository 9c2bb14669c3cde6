/* Numbers as people read them. Every function is a pure function of its argument: no locale. */
#include "analyzer/findings/unit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t saturating_sum(int64_t a, int64_t b)
{
        int64_t result;

        if (__builtin_add_overflow(a, b, &result))
                return a < 0 ? INT64_MIN : INT64_MAX;
        return result;
}

bool unit_is_real(enum unit unit)
{
        return unit == UNIT_RATIO || unit == UNIT_BYTES_PER_SECOND;
}

struct unit_text unit_count(int64_t count)
{
        struct unit_text result = {0};
        char digits[24];
        size_t length, at = 0;

        snprintf(digits, sizeof digits, "%" PRId64, count);
        length = strlen(digits);
        for (size_t i = 0; i < length; i++) {
                bool first = i == 0 || (i == 1 && digits[0] == '-');

                if (!first && (length - i) % 3 == 0)
                        result.text[at++] = ',';
                result.text[at++] = digits[i];
        }
        return result;
}

/* The first unit in which the number, rounded to one decimal, stays below a whole next unit. */
static struct unit_text scaled(double value, double step, const char *const *name, unsigned names, const char *after)
{
        struct unit_text result = {0};
        unsigned unit = 0;

        while (unit + 1 < names && fabs(value) >= step - (unit ? 0.05 : 0)) {
                value /= step;
                unit++;
        }
        snprintf(result.text, sizeof result.text, unit ? "%.1f %s%s" : "%.0f %s%s", value, name[unit], after);
        return result;
}

struct unit_text unit_count_short(int64_t count)
{
        static const char *const name[] = {"", "k", "M", "G", "T"};

        if (count > -10000 && count < 10000)
                return unit_count(count);
        return scaled((double)count, 1000, name, 5, "");
}

static const char *const byte_names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

struct unit_text unit_bytes(int64_t bytes)
{
        return scaled((double)bytes, 1024, byte_names, 7, "");
}

struct unit_text unit_rate(double bytes_per_second)
{
        /* A leak of a few bytes a second is worth its decimal. */
        if (fabs(bytes_per_second) < 99.95) {
                struct unit_text result;

                snprintf(result.text, sizeof result.text, "%.1f B/s", bytes_per_second);
                return result;
        }
        return scaled(bytes_per_second, 1024, byte_names, 7, "/s");
}

struct unit_text unit_time(int64_t ns)
{
        static const char *const name[] = {"ns", "µs", "ms", "s"};
        struct unit_text result = {0};
        int64_t seconds = ns / 1000000000;

        if (ns == 0)
                return (struct unit_text){"0 s"};
        if (fabs((double)ns) < 119.95e9)
                return scaled((double)ns, 1000, name, 4, "");
        if (seconds < 120 * 60)
                snprintf(result.text, sizeof result.text, "%" PRId64 " min %d s", seconds / 60, (int)(seconds % 60));
        else
                snprintf(result.text, sizeof result.text, "%" PRId64 " h %d min", seconds / 3600,
                         (int)(seconds / 60 % 60));
        return result;
}

struct unit_text unit_forecast(double seconds)
{
        struct unit_text result = {0};

        if (seconds < 100)
                snprintf(result.text, sizeof result.text, "%.0f s", seconds);
        else if (seconds < 100 * 60)
                snprintf(result.text, sizeof result.text, "%.0f min", seconds / 60);
        else if (seconds < 100 * 3600)
                snprintf(result.text, sizeof result.text, "%.0f h", seconds / 3600);
        else if (seconds < 1000 * 86400.0)
                snprintf(result.text, sizeof result.text, "%.0f days", seconds / 86400);
        else
                snprintf(result.text, sizeof result.text, "years");
        return result;
}

struct unit_text unit_ratio(double ratio)
{
        struct unit_text result;

        if (ratio > 0 && ratio < 0.0005)
                snprintf(result.text, sizeof result.text, "<0.1 %%");
        else
                snprintf(result.text, sizeof result.text, "%.1f %%", ratio * 100);
        return result;
}

struct unit_text unit_format(enum unit unit, int64_t whole, double real)
{
        switch (unit) {
        case UNIT_COUNT:
                return unit_count(whole);
        case UNIT_ID: {
                struct unit_text result;

                snprintf(result.text, sizeof result.text, "%" PRId64, whole);
                return result;
        }
        case UNIT_BYTES:
                return unit_bytes(whole);
        case UNIT_NS:
                return unit_time(whole);
        case UNIT_RATIO:
                return unit_ratio(real);
        case UNIT_BYTES_PER_SECOND:
                return unit_rate(real);
        case UNIT_TEXT:
        case UNITS:
                break;
        }
        return (struct unit_text){0};
}
