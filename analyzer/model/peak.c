/* Bounds from time bins, and the peak that is reported. */
#include "analyzer/model/peak.h"

#include "analyzer/model/process.h"

void rise_close(struct rise *rise, struct series *process, const struct clock *clock)
{
        if (rise->open && rise->max > 0)
                site_add(&series_find(process, clock, rise->bin >> (clock->doublings - rise->doublings))->rise,
                         (uint64_t)rise->max);
        rise->open = false;
}

/* What lived at the ends of bins, at most, and what can have lived within one. */
struct bounds {
        size_t bin; /* index of the largest end */
        int64_t blocks, bytes, bytes_most;
};

static struct bounds bounds_of(const struct series *series)
{
        struct bounds bounds = {0};
        int64_t blocks = 0, bytes = 0;

        for (size_t i = 0; i < series->count; i++) {
                const struct bin *bin = &series->bin[i];
                int64_t most = bytes;

                site_add(&most, (uint64_t)bin->rise);
                if (most > bounds.bytes_most)
                        bounds.bytes_most = most;
                site_add(&blocks, bin->allocations - bin->frees);
                site_add(&bytes, bin->requested - bin->freed);
                if (bytes > bounds.bytes)
                        bounds = (struct bounds){i, blocks, bytes, bounds.bytes_most};
        }
        if (bounds.bytes_most < bounds.bytes)
                bounds.bytes_most = bounds.bytes;
        return bounds;
}

/* What the site held at the end of bin `number`. Usable bytes are not kept by bin: they are taken to be in the
 * proportion of all that the site allocated. */
static void site_at_bin(struct site *site, int64_t number, uint32_t peak)
{
        int64_t blocks = 0, bytes = 0;
        struct site_bin bin[CLOCK_BINS_MAX];
        size_t count = site_bins_list(site->bins, bin);

        for (size_t i = 0; i < count && bin[i].number <= number; i++) {
                site_add(&blocks, bin[i].allocations - bin[i].frees);
                site_add(&bytes, bin[i].requested - bin[i].freed);
        }
        site->peak_blocks = blocks;
        site->peak_bytes = bytes;
        site->peak_usable = bytes;
        if (site->requested)
                site->peak_usable = (int64_t)((double)bytes * (double)site->allocated_usable / (double)site->requested);
        site->peak_seen = peak;
}

static void peak_at_bin(struct process *process, const struct clock *clock, const struct clock *site_clock,
                        const struct bounds *bounds)
{
        int64_t number = process->series.bin[bounds->bin].number;
        unsigned shift = site_clock->doublings - clock->doublings;

        process_peak_next(process);
        process->peak_by_bins = true;
        process->peak_bytes = bounds->bytes;
        process->peak_blocks = bounds->blocks;
        process->peak_usable = 0;
        process->peak_ns = clock->base_ns + (uint64_t)(number + 1) * clock_bin_ns(clock);
        if (process->peak_ns > process->last_ns)
                process->peak_ns = process->last_ns;
        for (size_t i = 0; i < process->sites.count; i++) {
                site_at_bin(process->sites.site[i], ((number + 1) >> shift) - 1, process->peak);
                site_add(&process->peak_usable, (uint64_t)process->sites.site[i]->peak_usable);
        }
}

void peak_finish(struct process *process, const struct clock *clock, const struct clock *site_clock)
{
        struct bounds bounds;

        process->peak_bound = 0;
        if (HASH_COUNT(process->threads) < 2)
                return;
        for (struct thread *thread = process->threads; thread; thread = thread->hh.next)
                rise_close(&thread->rise, &process->series, clock);
        series_catch_up(&process->series, clock);
        bounds = bounds_of(&process->series);
        if (process->series.count && (process->peak_bytes < bounds.bytes || process->peak_bytes > bounds.bytes_most))
                peak_at_bin(process, clock, site_clock, &bounds);
        process->peak_bound = (uint64_t)bounds.bytes_most - (uint64_t)process->peak_bytes;
}
