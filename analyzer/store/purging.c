/* The tables purge_limit and purge. */
#include "analyzer/store/tables.h"

static const char *const limits_why[WIRE_LIMITS_WHYS] = {
        [WIRE_LIMITS_CONFIGURED] = "configured", [WIRE_LIMITS_SQUEEZED] = "squeezed",
        [WIRE_LIMITS_EMPTIED] = "emptied",       [WIRE_LIMITS_RELAXED] = "relaxed",
        [WIRE_LIMITS_RETURNED] = "returned",     [WIRE_LIMITS_RESTORED] = "restored",
};

static const char *const pressure_name[WIRE_PRESSURES] = {
        [WIRE_PRESSURE_NONE] = "none",   [WIRE_PRESSURE_CGROUP] = "cgroup",
        [WIRE_PRESSURE_STALL] = "stall", [WIRE_PRESSURE_ADDRESS_SPACE] = "address space",
        [WIRE_PRESSURE_DATA] = "data",   [WIRE_PRESSURE_MACHINE] = "machine",
};

static const char *const purge_why[WIRE_PURGES] = {
        [WIRE_PURGE_OTHER] = "other",       [WIRE_PURGE_DECAY] = "decay", [WIRE_PURGE_EXCESS] = "excess",
        [WIRE_PURGE_PRESSURE] = "pressure", [WIRE_PURGE_TRIM] = "trim",   [WIRE_PURGE_EXHAUSTED] = "exhausted",
};

static const char *name_of(const char *const *names, size_t count, uint32_t value)
{
        return value < count ? names[value] : "other";
}

static void write_limits(struct writer *writer, const struct model *model, const struct process *process)
{
        for (size_t i = 0; i < process->purging.count; i++) {
                const struct purging_period *period = &process->purging.period[i];
                const struct wire_limits *limits = &period->limits;

                if (!period->told)
                        continue;
                writer_integer(writer, process->number);
                writer_integer(writer, i);
                writer_integer(writer, limits->number);
                writer_integer(writer, model_since_start(model, limits->time_ns));
                writer_text(writer, name_of(limits_why, WIRE_LIMITS_WHYS, limits->why));
                writer_text(writer, name_of(pressure_name, WIRE_PRESSURES, limits->source));
                writer_integer(writer, limits->retain_bytes);
                writer_integer(writer, limits->most_bytes);
                writer_integer(writer, limits->decay_ms);
                writer_integer(writer, limits->used_bytes);
                writer_integer(writer, limits->limit_bytes);
                writer_real(writer, (double)limits->stalled / 10000);
                writer_integer(writer, limits->retained_bytes);
                writer_row(writer);
        }
}

static void write_purges(struct writer *writer, const struct process *process)
{
        for (size_t i = 0; i < process->purging.count; i++) {
                for (unsigned why = 0; why < WIRE_PURGES; why++) {
                        const struct purges *purges = &process->purging.period[i].purges[why];

                        if (!purges->purges && !purges->bytes && !purges->refaulted_bytes)
                                continue;
                        writer_integer(writer, process->number);
                        writer_integer(writer, i);
                        writer_text(writer, purge_why[why]);
                        writer_integer(writer, purges->purges);
                        writer_integer(writer, purges->bytes);
                        writer_integer(writer, purges->ns);
                        writer_integer(writer, purges->refaulted_bytes);
                        writer_row(writer);
                }
        }
}

void tables_purging(struct writer *writer, const struct model *model)
{
        writer_table(writer, "purge_limit");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_limits(writer, model, process);
        writer_table(writer, "purge");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_purges(writer, process);
}
