/* What the resident peak is made of, as far as it is known. */
#include "analyzer/analyses/summary.h"

static int64_t at_least_zero(int64_t value)
{
        return value > 0 ? value : 0;
}

/* The kernel tells only the resident peak. What the program held then is known; what lay free in the pools is what they
 * had mapped and not given back, and it cannot be more than what is left over. */
void tell_resident(const struct evidence *evidence, struct table *table)
{
        const struct process *process = evidence->process;
        int64_t rss = process->rss_peak, requested = process->peak_bytes;
        int64_t rounding = at_least_zero(process->peak_usable - requested);
        int64_t records = process->side + process->recorder + process->metadata;
        int64_t left = rss - requested - rounding - records;
        int64_t unused = at_least_zero(process->mapped - process->purged - process->side - process->metadata -
                                       requested - rounding);

        if (rss <= 0)
                return;
        table_fact(table, "rss_peak", UNIT_BYTES, rss);
        table_fact(table, "record_bytes", UNIT_BYTES, records);
        table_fact(table, "mapped_bytes", UNIT_BYTES, process->mapped);
        if (!evidence->traced) {
                table_line(table, "resident", "peak %s; the pools had mapped %s", unit_bytes(rss).text,
                           unit_bytes(process->mapped).text);
                return;
        }
        if (left < 0) {
                table_line(table, "resident", "peak %s; at least %s of what was requested then was never touched",
                           unit_bytes(rss).text, unit_bytes(-left < requested ? -left : requested).text);
                return;
        }
        if (unused > left)
                unused = left;
        table_fact(table, "resident_rounding", UNIT_BYTES, rounding);
        table_fact(table, "resident_free", UNIT_BYTES, unused);
        table_fact(table, "resident_other", UNIT_BYTES, left - unused);
        table_line(table, "resident",
                   "peak %s = requested %s + rounding %s + free in pools %s + our records %s + other %s",
                   unit_bytes(rss).text, unit_ratio(share(requested, rss)).text, unit_ratio(share(rounding, rss)).text,
                   unit_ratio(share(unused, rss)).text, unit_ratio(share(records, rss)).text,
                   unit_ratio(share(left - unused, rss)).text);
}
