/* LEAKS: what a scan calls lost; without a scan what is alive at the end, by who allocated it, and why nobody knows
 * more. LIVE is the latter for whoever asks. */
#include "analyzer/analyses/sampling.h"

#include <stdio.h>
#include <string.h>

static void put_alive(const struct evidence *evidence, struct table *table)
{
        const struct places *places = &evidence->places;

        table_column(table, "live_bytes", "bytes", UNIT_BYTES, true);
        sampling_columns(evidence, table, "live_bytes_low", "live_bytes_high", UNIT_BYTES);
        table_column(table, "share", "share", UNIT_RATIO, true);
        table_column(table, "live_blocks", "blocks", UNIT_COUNT, true);
        table_column(table, "first_ns", "first allocated", UNIT_NS, false);
        table_column(table, "last_ns", "last allocated", UNIT_NS, false);
        table_limit(table, "live_bytes", evidence->options.rows);
        for (size_t i = 0; i < places->place_count; i++) {
                const struct place *place = &places->place[i];

                if (place->sums.live_blocks == 0 && place->sums.live_bytes == 0)
                        continue;
                table_row(table, place->stack);
                table_put(table, place->sums.live_bytes);
                sampling_put(evidence, table,
                             sampling_bytes(evidence, place->sums.live_bytes, place->sums.live_spread));
                table_put_real(table, share(place->sums.live_bytes, places->all.live_bytes));
                table_put(table, place->sums.live_blocks);
                place->first_ns < 0 ? table_put_unknown(table) : table_put(table, place->first_ns);
                place->first_ns < 0 ? table_put_unknown(table) : table_put(table, place->last_ns);
        }
        table_sort(table, "live_bytes");
}

static struct table *alive(const struct evidence *evidence, const char *key, const char *title, const char *doubt)
{
        struct table *table = table_create(key, title);
        const struct sums *all = &evidence->places.all;

        put_alive(evidence, table);
        if (table->row_count == 0)
                table_note(table, "nothing was alive %s%s", words_at_end(evidence), words_over(evidence));
        else
                table_note(table, "%s in %s block%s alive %s%s%s", unit_bytes(all->live_bytes).text,
                           unit_count(all->live_blocks).text, plural(all->live_blocks), words_at_end(evidence),
                           words_over(evidence), doubt);
        return table;
}

struct table *analysis_live(const struct evidence *evidence)
{
        return alive(evidence, "live", "LIVE", "");
}

static const char *why_no_scan(const struct evidence *evidence)
{
        const char *end = evidence->process_count ? evidence->process[0].end_kind : "";

        if (evidence->lost.scan_count)
                return "the scan for leaks was not completed: there was no memory for it, or it took too long";
        if (evidence->sample_rate)
                return "not scanned for leaks: of the blocks beside the sample nothing is known";
        if (strcmp(end, "killed") == 0)
                return meta_integer(evidence->profile, "exit_signal")
                               ? "not scanned for leaks: the program was killed"
                               : "not scanned for leaks: the program executed another (run it with --follow), or ended "
                                 "without "
                                 "last words";
        if (strcmp(end, "running") == 0)
                return "not scanned for leaks: the program still runs";
        if (strcmp(end, "error") == 0)
                return "not scanned for leaks: the program was ended because of an error";
        return "not scanned for leaks (--leak-check=off)";
}

const char *words_lost(const struct lost_sum *sum, struct arena *arena)
{
        static const char *const word[] = {
                [LOST_DEFINITE] = "definitely lost", [LOST_POSSIBLE] = "possibly", [LOST_INDIRECT] = "indirectly"};
        static const enum lost_class order[] = {LOST_DEFINITE, LOST_INDIRECT, LOST_POSSIBLE};
        char text[256] = "";
        size_t length = 0;

        for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
                const struct lost_sum *part = &sum[order[i]];

                if (part->blocks)
                        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s block%s, %s %s%s",
                                                   length ? "; " : "", unit_count(part->blocks).text,
                                                   plural(part->blocks), unit_bytes(part->bytes).text, word[order[i]],
                                                   length == 0 && order[i] != LOST_DEFINITE ? " lost" : "");
        }
        return arena_text(arena, length ? text : "nothing is lost");
}

static const char *class_words(const struct lost_place *place)
{
        if (place->class == LOST_DEFINITE)
                return "definitely";
        if (place->class == LOST_INDIRECT)
                return "indirectly";
        return place->flags & LOST_UNSURE ? "possibly (unsure)" : "possibly";
}

static const char *label(struct table *table, const struct lost_held *held, size_t more)
{
        char text[160], rest[64] = "";

        if (more)
                snprintf(rest, sizeof rest, " (and %zu more stack%s)", more, plural((int64_t)more));
        snprintf(text, sizeof text, "holds %s block%s, %s, %sfrom%s", unit_count(held->sum.blocks).text,
                 plural(held->sum.blocks), unit_bytes(held->sum.bytes).text, held->cycle ? "in a cycle with it, " : "",
                 rest);
        return arena_text(&table->arena, text);
}

/* Those that hold most: the rest is in the row's figures, and in the table for machines. */
static void put_held(struct table *table, const struct lost_place *place)
{
        size_t shown = place->held_count < ROW_STACKS_MAX ? place->held_count : ROW_STACKS_MAX;

        for (size_t i = 0; i < shown; i++)
                table_stack_brief(table, label(table, &place->held[i], i + 1 == shown ? place->held_count - shown : 0),
                                  place->held[i].stack);
}

/* Columns that would say nothing are for machines alone. */
struct shape {
        bool rates, held;
};

static struct shape put_columns(const struct lost *lost, struct table *table)
{
        struct shape shape = {0};

        for (size_t i = 0; i < lost->place_count; i++) {
                shape.rates |= lost->place[i].rate > 0;
                shape.held |= lost->place[i].held_count > 0;
        }
        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_column(table, "blocks", "blocks", UNIT_COUNT, true);
        if (shape.held) {
                table_column(table, "held_bytes", "holds", UNIT_BYTES, true);
                table_column(table, "held_blocks", "in blocks", UNIT_COUNT, true);
        }
        if (shape.rates)
                table_column(table, "rate", "keeps coming at", UNIT_BYTES_PER_SECOND, true);
        table_column(table, "first_ns", "first born", UNIT_NS, false);
        table_column(table, "last_ns", "last born", UNIT_NS, false);
        table_column(table, "lost", "lost", UNIT_TEXT, false);
        table_detail(table, "unsure", UNIT_COUNT);
        table_detail(table, "cycle", UNIT_COUNT);
        if (!shape.held) {
                table_detail(table, "held_bytes", UNIT_BYTES);
                table_detail(table, "held_blocks", UNIT_COUNT);
        }
        if (!shape.rates)
                table_detail(table, "rate", UNIT_BYTES_PER_SECOND);
        return shape;
}

static void put_held_sum(struct table *table, const struct lost_place *place)
{
        table_put(table, place->held_sum.bytes);
        table_put(table, place->held_sum.blocks);
}

static void put_place(struct table *table, const struct lost_place *place, struct shape shape)
{
        bool cycle = (place->flags & LOST_CYCLE) != 0;

        for (size_t i = 0; i < place->held_count; i++)
                cycle |= place->held[i].cycle;
        table_row(table, place->stack);
        table_put(table, place->sum.bytes);
        table_put(table, place->sum.blocks);
        if (shape.held)
                put_held_sum(table, place);
        if (shape.rates)
                place->rate > 0 ? table_put_real(table, place->rate) : table_put_unknown(table);
        table_put(table, place->first_ns);
        table_put(table, place->last_ns);
        table_put_text(table, class_words(place));
        table_put(table, (place->flags & LOST_UNSURE) != 0);
        table_put(table, cycle);
        if (!shape.held)
                put_held_sum(table, place);
        put_held(table, place);
}

static void tell_reachable(const struct evidence *evidence, struct table *table)
{
        const struct lost_sum *reachable = &evidence->lost.sum[LOST_REACHABLE];

        if (reachable->blocks)
                table_note(table, "still reachable: %s in %s block%s; heaptap report --what reachable shows them",
                           unit_bytes(reachable->bytes).text, unit_count(reachable->blocks).text,
                           plural(reachable->blocks));
}

static const char *when(const struct lost_scan *scan)
{
        return strcmp(scan->why, "exit") == 0 ? "at the end" : "";
}

/* Runtimes whose objects have a header before what they are known by have many of these, all of them in use. */
static void tell_possible(const struct evidence *evidence, struct table *table)
{
        if (evidence->lost.sum[LOST_POSSIBLE].blocks)
                table_note(table, "possibly lost: pointed to, but not at their start; objects with a hidden header are "
                                  "held so");
}

static void tell_scan(const struct evidence *evidence, struct table *table)
{
        const struct lost *lost = &evidence->lost;
        const struct lost_scan *scan = lost->main ? lost->main : &lost->scan[0];
        int64_t silent = 0;

        if (evidence->process_count > 1 && lost->scan_count < evidence->process_count)
                table_note(table, "%zu of %zu processes were scanned", lost->scan_count, evidence->process_count);
        if (lost->scan_count == 1) {
                table_note(table, "scanned %s%s: %s of blocks and %s elsewhere in %s%s%s",
                           *when(scan) ? when(scan) : "at ", *when(scan) ? "" : unit_time(scan->time_ns).text,
                           unit_bytes(scan->heap_bytes).text, unit_bytes(scan->root_bytes).text,
                           unit_time(scan->scan_ns).text, scan->pause_ns ? "; the program stood still for " : "",
                           scan->pause_ns ? unit_time(scan->pause_ns).text : "");
                if (scan->scans > 1)
                        table_note(table, "the last of %s scans; what was more from one to the next keeps coming",
                                   unit_count(scan->scans).text);
        }
        for (size_t i = 0; i < lost->scan_count; i++)
                silent = saturating_sum(silent, lost->scan[i].threads_silent);
        if (silent)
                table_note(
                        table,
                        "unsure: %s thread%s did not answer, so what only their registers point at seems lost; it is "
                        "called possibly lost",
                        unit_count(silent).text, plural(silent));
}

static struct table *lost_table(const struct evidence *evidence)
{
        const struct lost *lost = &evidence->lost;
        struct table *table = table_create("leaks", "LEAKS");
        struct shape shape = put_columns(lost, table);

        for (size_t i = 0; i < lost->place_count; i++)
                put_place(table, &lost->place[i], shape);
        table_note(table, "%s%s", words_lost(lost->sum, &table->arena), words_over(evidence));
        tell_reachable(evidence, table);
        tell_possible(evidence, table);
        tell_scan(evidence, table);
        return table;
}

struct table *analysis_leaks(const struct evidence *evidence)
{
        struct table *table;

        if (evidence->lost.known)
                return lost_table(evidence);
        table = alive(evidence, "leaks", "LEAKS", ", not proven unreachable");
        if (table->row_count)
                table_note(table, "%s", why_no_scan(evidence));
        return table;
}

/* For machines: each stack that hangs on a lost block, with that one's. */
struct table *analysis_held(const struct evidence *evidence)
{
        const struct lost *lost = &evidence->lost;
        struct table *table = table_create("leaks_held", "HELD");

        table->minor = true;
        table->whole = true;
        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_column(table, "blocks", "blocks", UNIT_COUNT, true);
        table_column(table, "cycle", "cycle", UNIT_COUNT, false);
        for (size_t i = 0; i < lost->place_count; i++)
                for (size_t j = 0; j < lost->place[i].held_count; j++) {
                        const struct lost_held *held = &lost->place[i].held[j];

                        table_row(table, held->stack);
                        table_put(table, held->sum.bytes);
                        table_put(table, held->sum.blocks);
                        table_put(table, held->cycle);
                        table_stack(table, "root", "root", lost->place[i].stack);
                }
        if (table->row_count)
                return table;
        table_destroy(table);
        return NULL;
}

/* For machines as well. */
struct table *analysis_scans(const struct evidence *evidence)
{
        struct table *table;

        if (!evidence->lost.scan_count)
                return NULL;
        table = table_create("leak_scans", "SCANS");
        table->minor = true;
        table->whole = true;
        table_column(table, "pid", "pid", UNIT_ID, false);
        table_column(table, "why", "why", UNIT_TEXT, false);
        table_column(table, "number", "number", UNIT_COUNT, false);
        table_column(table, "time_ns", "time", UNIT_NS, false);
        table_column(table, "pause_ns", "pause", UNIT_NS, false);
        table_column(table, "pause_max_ns", "longest pause", UNIT_NS, false);
        table_column(table, "scan_ns", "duration", UNIT_NS, false);
        table_column(table, "root_bytes", "roots", UNIT_BYTES, false);
        table_column(table, "heap_bytes", "blocks", UNIT_BYTES, false);
        table_column(table, "threads", "threads", UNIT_COUNT, false);
        table_column(table, "threads_silent", "silent", UNIT_COUNT, false);
        table_column(table, "flags", "flags", UNIT_ID, false);
        table_column(table, "walk", "walk", UNIT_TEXT, false);
        for (const struct lost_scan *scan = evidence->lost.scan; scan < evidence->lost.scan + evidence->lost.scan_count;
             scan++) {
                const int64_t number[] = {scan->number,         scan->time_ns,    scan->pause_ns,   scan->pause_max_ns,
                                          scan->scan_ns,        scan->root_bytes, scan->heap_bytes, scan->threads,
                                          scan->threads_silent, scan->flags};

                table_row(table, NULL);
                table_put(table, scan->pid);
                table_put_text(table, scan->why);
                for (size_t i = 0; i < sizeof number / sizeof *number; i++)
                        table_put(table, number[i]);
                table_put_text(table, scan->walk);
        }
        return table;
}
