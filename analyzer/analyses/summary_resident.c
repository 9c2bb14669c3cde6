/* What the resident peak is made of, as far as it is known. */
#include "analyzer/analyses/summary.h"

/* Takes at most `bytes` from what is left. */
static int64_t take(int64_t *left, int64_t bytes)
{
        int64_t taken = bytes < 0 ? 0 : bytes < *left ? bytes : *left;

        *left -= taken;
        return taken;
}

/* The kernel tells only the resident peak. What the program held then is known; what lay free in the pools is what they
 * had mapped and not given back. None of them can be more than what is left over: the rest of it was never touched. */
static void tell_parts(const struct process *process, struct table *table, int64_t records)
{
        int64_t rss = process->rss_peak, left = rss, requested = take(&left, process->peak_bytes);
        int64_t rounding = take(&left, process->peak_usable - process->peak_bytes);
        int64_t ours = take(&left, records);
        int64_t unused = take(&left, process->mapped - process->purged - process->side - process->metadata -
                                             process->peak_usable);

        table_fact(table, "resident_rounding", UNIT_BYTES, rounding);
        if (left > 0) {
                table_fact(table, "resident_free", UNIT_BYTES, unused);
                table_fact(table, "resident_records", UNIT_BYTES, ours);
                table_fact(table, "resident_other", UNIT_BYTES, left);
        } else {
                table_fact_unknown(table, "resident_free", UNIT_BYTES);
                table_fact_unknown(table, "resident_records", UNIT_BYTES);
                table_fact_unknown(table, "resident_other", UNIT_BYTES);
        }
        if (requested < process->peak_bytes) {
                table_line(table, "resident", "peak %s; at least %s of the %s requested then were never touched",
                           unit_bytes(rss).text, unit_bytes(process->peak_bytes - requested).text,
                           unit_bytes(process->peak_bytes).text);
                return;
        }

        struct unit_text asked = unit_ratio(share(requested, rss)), rounded = unit_ratio(share(rounding, rss));

        /* What was reserved need not be resident: if it does not fit, the shares of the rest are not known. */
        if (left == 0)
                table_line(table, "resident",
                           "peak %s = requested %s + rounding %s + our records, free in pools and other %s",
                           unit_bytes(rss).text, asked.text, rounded.text,
                           unit_ratio(share(rss - requested - rounding, rss)).text);
        else
                table_line(table, "resident",
                           "peak %s = requested %s + rounding %s + free in pools %s + our records %s + other %s",
                           unit_bytes(rss).text, asked.text, rounded.text, unit_ratio(share(unused, rss)).text,
                           unit_ratio(share(ours, rss)).text, unit_ratio(share(left, rss)).text);
}

void tell_resident(const struct evidence *evidence, struct table *table)
{
        const struct process *process = evidence->process;
        int64_t records = process->side + process->recorder + process->metadata;

        if (process->rss_peak <= 0)
                return;
        table_fact(table, "rss_peak", UNIT_BYTES, process->rss_peak);
        table_fact(table, "record_bytes", UNIT_BYTES, records);
        table_fact(table, "mapped_bytes", UNIT_BYTES, process->mapped);
        if (evidence->traced)
                tell_parts(process, table, records);
        else
                table_line(table, "resident", "peak %s; the pools had mapped %s", unit_bytes(process->rss_peak).text,
                           unit_bytes(process->mapped).text);
}
