/* Rebuilds the curve of live bytes of each place in each process and looks whether it rises. */
#include "analyzer/analyses/growth.h"

#include "analyzer/findings/unit.h"
#include "analyzer/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
        BINS_MAX = 1 << 16 /* the writer keeps them below a thousand; more is damage */
};

struct change {
        int64_t bin, bytes;
        int64_t moved; /* allocated and freed, together */
};

/* A site with its stretch of the changes. */
struct track {
        const struct site *site;
        size_t begin, end;
};

/* The life of a process in bins. The last bin is left out: it is where programs clean up. */
struct life {
        const struct process *process;
        int64_t first_bin;
        size_t bins;
        double bin_seconds;
        double *level;
        double sample_rate; /* 0: every block was recorded */
};

static int by_site(const void *left, const void *right)
{
        const struct track *a = left, *b = right;

        return (a->site->id > b->site->id) - (a->site->id < b->site->id);
}

static int by_process_and_place(const void *left, const void *right)
{
        const struct site *a = ((const struct track *)left)->site, *b = ((const struct track *)right)->site;

        if (a->process != b->process)
                return a->process > b->process ? 1 : -1;
        if (a->place != b->place)
                return a->place > b->place ? 1 : -1;
        return (a->id > b->id) - (a->id < b->id);
}

struct changes {
        struct change *change;
        size_t count, room;
};

/* Reads one bin of a site's series, "[bin, allocations, frees, requested, freed]", and returns where it ends; NULL:
 * that is none. */
static const char *read_bin(const char *at, struct change *ret_change)
{
        long long number[5];

        for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
                char *end;

                if (*at++ != (i ? ',' : '['))
                        return NULL;
                number[i] = strtoll(at, &end, 10);
                if (end == at)
                        return NULL;
                at = end;
        }
        *ret_change = (struct change){number[0], (int64_t)((uint64_t)number[3] - (uint64_t)number[4]),
                                      (int64_t)((uint64_t)number[3] + (uint64_t)number[4])};
        return *at == ']' ? at + 1 : NULL;
}

static void load_bins(struct changes *changes, struct track *track, const char *bins)
{
        struct change change;

        track->begin = changes->count;
        while (bins && (*bins == '[' || *bins == ',') && (bins = read_bin(bins + 1, &change))) {
                changes->change = xgrow(changes->change, changes->count, &changes->room, sizeof *changes->change);
                changes->change[changes->count++] = change;
        }
        track->end = changes->count;
}

/* The series comes in the order of sites; so are the tracks while it is read. */
static struct change *load_changes(struct profile *profile, struct track *track, size_t track_count)
{
        struct changes changes = {0};
        size_t at = 0;
        struct sqlite3_stmt *rows = profile_query(profile, "SELECT site, bins FROM site_series ORDER BY site", NULL, 0);

        while (profile_next(profile, rows)) {
                while (at < track_count && track[at].site->id < row_integer(rows, 0))
                        at++;
                if (at < track_count && track[at].site->id == row_integer(rows, 0))
                        load_bins(&changes, &track[at], row_text(rows, 1));
        }
        return changes.change;
}

static struct life life_of(const struct process *process, int64_t bin_ns, int64_t duration_ns)
{
        int64_t end_ns = process->end_ns > process->start_ns ? process->end_ns : duration_ns;
        struct life life = {.process = process, .bin_seconds = (double)bin_ns / 1e9};

        if (bin_ns <= 0 || end_ns <= process->start_ns || process->start_ns < 0)
                return life;
        if (end_ns - process->start_ns < GROWTH_RUN_MS_MIN * INT64_C(1000000))
                return life;
        life.first_bin = process->start_ns / bin_ns;
        life.bins = (size_t)(end_ns / bin_ns - life.first_bin);
        if (life.bins < TREND_LEVELS_MIN || life.bins > BINS_MAX)
                life.bins = 0;
        else
                life.level = xcalloc(life.bins, sizeof *life.level);
        return life;
}

static size_t count_steps_up(const struct track *track, size_t track_count, const struct change *change)
{
        size_t count = 0;

        for (size_t i = 0; i < track_count; i++)
                for (size_t j = track[i].begin; j < track[i].end; j++)
                        count += change[j].bytes > 0;
        return count;
}

/* Sets the levels at the ends of the bins from the changes of the tracks. */
static void draw_curve(struct life *life, const struct track *track, size_t track_count, const struct change *change)
{
        memset(life->level, 0, life->bins * sizeof *life->level);
        for (size_t i = 0; i < track_count; i++) {
                for (size_t j = track[i].begin; j < track[i].end; j++) {
                        int64_t bin = change[j].bin < life->first_bin ? 0 : change[j].bin - life->first_bin;

                        if ((size_t)bin < life->bins)
                                life->level[bin] += (double)change[j].bytes;
                }
        }
        for (size_t i = 1; i < life->bins; i++)
                life->level[i] += life->level[i - 1];
}

/* The levels of a sample are off by what it has missed, in the same direction for long. By how much a level can be off
 * depends on what it is made of, and by how much two of them differ in that, on what was allocated and freed between.
 * So the slope may be off by so much more, with 95 %. */
static double slope_error(const struct life *life, const struct trend *trend, const struct track *track,
                          size_t track_count, const struct change *change)
{
        size_t from = life->bins - trend->steps;
        double levels = life->level[from ? from - 1 : 0] + life->level[life->bins - 1], moved = 0;

        if (!(life->sample_rate > 0))
                return 0;
        for (size_t i = 0; i < track_count; i++)
                for (size_t j = track[i].begin; j < track[i].end; j++)
                        if (change[j].bin - life->first_bin >= (int64_t)from)
                                moved += (double)change[j].moved;
        return 1.96 * sqrt(life->sample_rate * fmax(fmin(levels, moved), 0)) / (double)trend->steps;
}

static void look_at(const struct life *life, const struct track *track, size_t track_count, const struct change *change,
                    struct growth *growth, size_t *capacity)
{
        struct trend trend;
        double error;

        if (!trend_may_grow(life->level, life->bins) || !trend_fit(life->level, life->bins, &trend))
                return;
        error = slope_error(life, &trend, track, track_count, change);
        trend.low -= error;
        trend.high += error;
        if (!trend_grows(&trend))
                return;

        struct growing growing = {
                .place = track->site->place,
                .process = life->process,
                .rate = trend.slope / life->bin_seconds,
                .low = trend.low / life->bin_seconds,
                .high = trend.high / life->bin_seconds,
                .pace = trend.pace,
        };

        for (size_t i = 0; i < track_count; i++)
                growing.live_bytes = saturating_sum(growing.live_bytes, track[i].site->live_bytes);
        growth->growing = xgrow(growth->growing, growth->count, capacity, sizeof *growth->growing);
        growth->growing[growth->count++] = growing;
        growth->rate += growing.rate;
        growth->low += growing.low;
        growth->high += growing.high;
}

/* The limit counts address space, so what the pools have mapped is used up even where it is free again. */
static void forecast(const struct process *process, struct growth *growth)
{
        double rate = 0, low = 0, high = 0;
        int64_t used = process->mapped > process->live_bytes ? process->mapped : process->live_bytes;
        double room = (double)process->memory_limit - (double)used;

        for (size_t i = 0; i < growth->count; i++) {
                if (growth->growing[i].process != process)
                        continue;
                rate += growth->growing[i].rate;
                low += growth->growing[i].low;
                high += growth->growing[i].high;
        }
        if (process->memory_limit <= 0 || room <= 0 || low <= 0)
                return;
        growth->limit_seconds = room / rate;
        growth->limit_seconds_low = room / high;
        growth->limit_seconds_high = room / low;
}

/* One process: its tracks stand together, and in them those of one place. */
static void measure_process(struct life *life, const struct track *track, size_t track_count,
                            const struct change *change, struct growth *growth, size_t *capacity)
{
        for (size_t i = 0, end; i < track_count; i = end) {
                for (end = i; end < track_count && track[end].site->place == track[i].site->place;)
                        end++;
                if (count_steps_up(track + i, end - i, change) < TREND_STEPS_UP_MIN)
                        continue; /* most places of a run that has very many */
                draw_curve(life, track + i, end - i, change);
                look_at(life, track + i, end - i, change, growth, capacity);
        }
}

/* The first track of a process, of tracks in the order of processes. */
static size_t first_of(int64_t process, const struct track *track, size_t count)
{
        size_t low = 0;

        for (size_t high = count; low < high;) {
                size_t middle = low + (high - low) / 2;

                if (track[middle].site->process < process)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

void growth_measure(struct profile *profile, const struct places *places, struct growth *ret_growth)
{
        size_t process_count, capacity = 0, count = places->site_count;
        const struct process *process = profile_processes(profile, &process_count);
        struct track *track = xcalloc(count + 1, sizeof *track);
        int64_t bin_ns = meta_integer(profile, "bin_ns"), duration_ns = meta_integer(profile, "duration_ns");

        double sample_rate = (double)profile_integer(profile, "SELECT ifnull(max(rate), 0) FROM process_sample");

        *ret_growth = (struct growth){0};
        for (size_t i = 0; i < count; i++)
                track[i].site = &places->site[i];
        qsort(track, count, sizeof *track, by_site);

        struct change *change = load_changes(profile, track, count);

        qsort(track, count, sizeof *track, by_process_and_place);
        for (size_t i = 0; i < process_count; i++) {
                struct life life = life_of(&process[i], bin_ns, duration_ns);
                size_t begin = first_of(process[i].id, track, count), end;

                for (end = begin; end < count && track[end].site->process == process[i].id;)
                        end++;
                life.sample_rate = sample_rate;
                if (life.bins) {
                        ret_growth->measured = true;
                        measure_process(&life, track + begin, end - begin, change, ret_growth, &capacity);
                }
                free(life.level);
        }
        if (process_count)
                forecast(&process[0], ret_growth);
        free(change);
        free(track);
}

void growth_free(struct growth *growth)
{
        free(growth->growing);
        *growth = (struct growth){0};
}
