/* The processes and the common clock. */
#include "analyzer/model/model.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"

struct model *model_create(void)
{
        struct model *model = xcalloc(1, sizeof *model);

        classes_init(&model->classes);
        return model;
}

void model_free(struct model *model)
{
        struct process *process, *next;

        HASH_ITER(hh, model->processes, process, next) {
                HASH_DEL(model->processes, process);
                process_free(process);
        }
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
        HASH_SORT(model->processes, by_number);
        for (struct process *process = model->processes; process; process = process->hh.next) {
                HASH_SORT(process->threads, thread_by_number);
                process_finish(process, &model->clock);
        }
}

uint64_t model_since_start(const struct model *model, uint64_t time_ns)
{
        const struct process *first = model_main(model);
        uint64_t start_ns = first && first->told ? first->start_ns : model->clock.base_ns;

        return time_ns > start_ns ? time_ns - start_ns : 0;
}

uint64_t model_bin(const struct model *model, const struct bin *bin)
{
        return (uint64_t)(bin->number - model->clock.first);
}
