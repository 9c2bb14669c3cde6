/* What each place costs, for exports: one row a place, and one more for each that has lost blocks. Rows of the same
 * stack are to be added up. */
#include "analyzer/analyses/analysis.h"

static void put_zeros(struct table *table, size_t count)
{
        for (size_t i = 0; i < count; i++)
                table_put(table, 0);
}

struct table *analysis_costs(const struct evidence *evidence)
{
        static const char *const bytes[] = {"live_bytes", "peak_bytes", "allocated_bytes", "leaked_bytes"};
        static const char *const blocks[] = {"live_blocks", "peak_blocks", "allocations", "leaked_blocks"};
        struct table *table = table_create("costs", "COSTS");

        for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
                table_column(table, bytes[i], bytes[i], UNIT_BYTES, true);
                table_column(table, blocks[i], blocks[i], UNIT_COUNT, true);
        }
        for (size_t i = 0; i < evidence->places.place_count; i++) {
                const struct place *place = &evidence->places.place[i];
                const struct sums *sums = &place->sums;

                table_row(table, place->stack);
                table_put(table, sums->live_bytes);
                table_put(table, sums->live_blocks);
                table_put(table, sums->peak_bytes);
                table_put(table, sums->peak_blocks);
                table_put(table, sums->requested);
                table_put(table, sums->allocations);
                put_zeros(table, 2);
        }
        for (size_t i = 0; i < evidence->lost.place_count; i++) {
                const struct lost_place *place = &evidence->lost.place[i];

                if (place->class != LOST_DEFINITE)
                        continue;
                table_row(table, place->stack);
                put_zeros(table, 6);
                table_put(table, saturating_sum(place->sum.bytes, place->held_sum.bytes));
                table_put(table, saturating_sum(place->sum.blocks, place->held_sum.blocks));
        }
        return table;
}
