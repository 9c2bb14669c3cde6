/* How much memory was resident, and what it was used for when that was measured. */
#include "analyzer/analyses/summary.h"

#include "analyzer/analyses/resident.h"

static void tell_unknown(struct table *table)
{
        static const char *const keys[] = {"rss",
                                           "resident_requested",
                                           "resident_rounding",
                                           "resident_free",
                                           "resident_records",
                                           "resident_other",
                                           "resident_unexplained"};

        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
                table_fact_unknown(table, keys[i], UNIT_BYTES);
        table_fact_unknown(table, "efficiency", UNIT_RATIO);
}

static void tell_parts(const struct evidence *evidence, struct table *table, const struct resident *resident)
{
        int64_t requested = resident->part[RESIDENT_REQUESTED], rounding = resident->part[RESIDENT_ROUNDING];
        int64_t unused = resident_sum(resident, RESIDENT_FREE, RESIDENT_RETAINED);
        int64_t ours = resident_sum(resident, RESIDENT_METADATA, RESIDENT_LIBRARY);
        int64_t other = resident_sum(resident, RESIDENT_FILES, RESIDENT_ANONYMOUS), rss = resident->rss;

        table_fact(table, "rss", UNIT_BYTES, rss);
        table_fact(table, "resident_requested", UNIT_BYTES, requested);
        table_fact(table, "resident_rounding", UNIT_BYTES, rounding);
        table_fact(table, "resident_free", UNIT_BYTES, unused);
        table_fact(table, "resident_records", UNIT_BYTES, ours);
        table_fact(table, "resident_other", UNIT_BYTES, other);
        table_fact(table, "resident_unexplained", UNIT_BYTES, resident->unexplained);
        table_fact_real(table, "efficiency", UNIT_RATIO, share(requested, rss));
        table_line(table, "resident",
                   "peak %s · %s %s = %s %s + rounding %s + free in pools %s + our records %s + other %s",
                   unit_bytes(evidence->process->rss_peak).text, unit_bytes(rss).text, words_at_end(evidence),
                   evidence->whole ? "requested" : "in use", unit_ratio(share(requested, rss)).text,
                   unit_ratio(share(rounding, rss)).text, unit_ratio(share(unused, rss)).text,
                   unit_ratio(share(ours, rss)).text, unit_ratio(share(other, rss)).text);
}

void tell_resident(const struct evidence *evidence, struct table *table)
{
        const struct process *process = evidence->process;
        struct resident resident;

        resident_load(evidence, &resident);
        if (process->rss_peak <= 0 && !resident.known)
                return;
        table_fact(table, "rss_peak", UNIT_BYTES, process->rss_peak);
        table_fact(table, "mapped_bytes", UNIT_BYTES, process->mapped);
        if (resident.known) {
                tell_parts(evidence, table, &resident);
                return;
        }
        tell_unknown(table);
        table_line(table, "resident", "peak %s; what it was used for was not measured",
                   unit_bytes(process->rss_peak).text);
}
