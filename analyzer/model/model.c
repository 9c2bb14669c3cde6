/* The processes and the common clock. */
#include "analyzer/model/model.h"

#include <stdlib.h>

#include "analyzer/model/sampled.h"
#include "analyzer/model/tally.h"
#include "analyzer/xalloc.h"

struct model *model_create(void)
{
        struct model *model = xcalloc(1, sizeof *model);

        classes_init(&model->classes);
        model->tally = tally_create();
        return model;
}

void model_free(struct model *model)
{
        struct process *process, *next;

        HASH_ITER(hh, model->processes, process, next) {
                HASH_DEL(model->processes, process);
                process_free(process);
        }
        tally_free(model->tally);
        free(model);
}

struct process *model_process(const struct model *model, uint32_t number)
{
        struct process *process;

        HASH_FIND(hh, model->processes, &number, sizeof number, process);
        return process;
}

struct process *model_main(const struct model *model)
{
        struct process *first = NULL;

        for (struct process *process = model->processes; process; process = process->hh.next)
                if (!first || process->number < first->number)
                        first = process;
        return first;
}

void model_rss(struct model *model, struct process *process, uint64_t time_ns, uint64_t rss_bytes, uint64_t rss_peak)
{
        struct bin *bin;

        clock_start(&model->clock, time_ns);
        bin = series_at(&process->series, &model->clock, clock_bin(&model->clock, time_ns));
        if (rss_bytes > bin->rss_bytes)
                bin->rss_bytes = rss_bytes;
        if (rss_peak > process->rss_max)
                process->rss_max = rss_peak;
}

/* Never narrower than the clock of the processes. */
static void site_clock_follow(struct model *model)
{
        struct clock *wide = &model->site_clock;
        unsigned doublings = wide->doublings > model->clock.doublings ? wide->doublings : model->clock.doublings;

        *wide = model->clock;
        wide->doublings = doublings;
}

static int by_number(const struct process *a, const struct process *b)
{
        return (a->number > b->number) - (a->number < b->number);
}

static int thread_by_number(const struct thread *a, const struct thread *b)
{
        return (a->number > b->number) - (a->number < b->number);
}

void model_finish(struct model *model)
{
        site_clock_follow(model);
        HASH_SORT(model->processes, by_number);
        for (struct process *process = model->processes; process; process = process->hh.next) {
                HASH_SORT(process->threads, thread_by_number);
                process_finish(process, &model->clock, &model->site_clock);
                sampled_finish(process);
        }
}

uint64_t model_since_start(const struct model *model, uint64_t time_ns)
{
        const struct process *first = model_main(model);
        uint64_t start_ns = first && first->told ? first->start_ns : model->clock.base_ns;

        return time_ns > start_ns ? time_ns - start_ns : 0;
}

/* One doubling for all: their number is then counted anew. A run of one bin cannot be made coarser. */
static void widen_site_bins(struct model *model)
{
        unsigned shift = model->site_clock.doublings - model->clock.doublings;

        if ((model->clock.last >> shift) == (model->clock.first >> shift))
                return;
        model->site_clock.doublings++;
        model->site_bins = 0;
        for (struct process *process = model->processes; process; process = process->hh.next) {
                for (size_t i = 0; i < process->sites.count; i++) {
                        site_finish(process->sites.site[i], &model->site_clock);
                        model->site_bins += site_bins_count(process->sites.site[i]->bins);
                }
        }
}

void model_site_open_slow(struct model *model, struct site *site, int64_t number)
{
        struct clock *wide = &model->site_clock;

        if (wide->doublings < model->clock.doublings || !wide->started)
                site_clock_follow(model);
        model->site_bins += site_bin_open(site, wide, number >> (wide->doublings - model->clock.doublings));
}

void model_site_bins_limit(struct model *model)
{
        if (model->site_bins > MODEL_SITE_BINS_MAX)
                widen_site_bins(model);
}

uint64_t model_site_bin(const struct model *model, const struct site_bin *bin)
{
        unsigned shift = model->site_clock.doublings - model->clock.doublings;
        int64_t last = (int64_t)(((uint64_t)bin->number + 1) << shift) - 1;

        return (uint64_t)((last > model->clock.last ? model->clock.last : last) - model->clock.first);
}

uint64_t model_bin(const struct model *model, const struct bin *bin)
{
        return (uint64_t)(bin->number - model->clock.first);
}
