/* What the scans for leaks found, and who points at what is reachable. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/store/tables.h"
#include "analyzer/xalloc.h"

static const char *word(const char *const *words, size_t count, uint32_t number)
{
        return number < count ? words[number] : "unknown";
}

static const char *why_word(uint32_t why)
{
        static const char *const words[WIRE_SCAN_WHYS] = {
                [WIRE_SCAN_EXIT] = "exit", [WIRE_SCAN_REQUEST] = "request", [WIRE_SCAN_PERIODIC] = "period"};

        return word(words, WIRE_SCAN_WHYS, why);
}

static const char *class_word(uint32_t class)
{
        static const char *const words[WIRE_LEAK_CLASSES] = {[WIRE_LEAK_REACHABLE] = "reachable",
                                                             [WIRE_LEAK_POSSIBLE] = "possible",
                                                             [WIRE_LEAK_INDIRECT] = "indirect",
                                                             [WIRE_LEAK_DEFINITE] = "definite"};

        return word(words, WIRE_LEAK_CLASSES, class);
}

static const char *link_word(uint32_t kind)
{
        static const char *const words[WIRE_LINK_KINDS] = {
                [WIRE_LINK_DATA] = "data",        [WIRE_LINK_STACK] = "stack",     [WIRE_LINK_REGISTER] = "register",
                [WIRE_LINK_TLS] = "thread-local", [WIRE_LINK_MAPPING] = "mapping", [WIRE_LINK_BLOCK] = "block",
                [WIRE_LINK_CUT] = "cut"};

        return word(words, WIRE_LINK_KINDS, kind);
}

/* The walk stands just before the scan at exit; with one thread nothing changes in between. */
static const char *walk_word(const struct process *process, const struct wire_leak_scan *scan)
{
        const struct wire_walked *walk = &process->walk_totals;
        uint64_t blocks, bytes;

        if (scan->why != WIRE_SCAN_EXIT || scan->flags & WIRE_SCAN_INCOMPLETE || !process->walked || walk->threads != 1)
                return "none";
        leaks_scan_sum(scan, &blocks, &bytes);
        return blocks == walk->blocks && bytes == walk->bytes ? "agrees" : "differs";
}

static void write_scan(struct writer *writer, const struct model *model, const struct process *process)
{
        const struct wire_leak_scan *scan = &process->leaks.last.told;

        writer_integer(writer, process->number);
        writer_integer(writer, scan->number);
        writer_text(writer, why_word(scan->why));
        writer_integer(writer, scan->flags);
        writer_integer(writer, scan->threads);
        writer_integer(writer, scan->threads_silent);
        writer_integer(writer, model_since_start(model, scan->time_ns));
        writer_integer(writer, scan->pause_ns);
        writer_integer(writer, scan->scan_ns);
        writer_integer(writer, scan->root_bytes);
        writer_integer(writer, scan->heap_bytes);
        for (int i = 0; i < WIRE_LEAK_CLASSES; i++)
                writer_integer(writer, scan->blocks[i]);
        for (int i = 0; i < WIRE_LEAK_CLASSES; i++)
                writer_integer(writer, scan->bytes[i]);
        writer_text(writer, walk_word(process, scan));
        writer_integer(writer, process->leaks.scans);
        writer_integer(writer, process->leaks.incomplete);
        writer_integer(writer, process->leaks.pause_max_ns);
        writer_row(writer);
}

static void write_trend(struct writer *writer, const struct model *model, const struct leak_trend *trend)
{
        const uint64_t value[] = {
                trend ? trend->scans : 0,
                trend ? trend->rises : 0,
                trend ? model_since_start(model, trend->base_ns) : 0,
                trend ? trend->base_blocks : 0,
                trend ? trend->base_bytes : 0,
        };

        tables_told(writer, trend != NULL, value, sizeof value / sizeof *value);
}

static void write_leak(struct writer *writer, const struct model *model, const struct catalog_leak *row)
{
        const struct leak *leak = &row->leak;
        uint64_t start_ns = row->process->start_ns;

        writer_integer(writer, row->process->number);
        writer_integer(writer, row->process->leaks.last.told.number);
        writer_text(writer, class_word(leak->key.class));
        tables_stack(writer, row->stack);
        tables_stack(writer, row->root);
        writer_integer(writer, leak->flags);
        writer_integer(writer, leak->blocks);
        writer_integer(writer, leak->bytes);
        writer_integer(writer, leak->usable);
        writer_integer(writer, model_since_start(model, start_ns + leak->first_ns));
        writer_integer(writer, model_since_start(model, start_ns + leak->last_ns));
        write_trend(writer, model, row->trend);
        writer_row(writer);
}

/* A variable to be named: the chain's first link points into a module's data. */
struct variable {
        size_t chain;
        uint32_t link;
        const struct module *module;
        uint64_t module_row, address; /* address as in the file */
        char *name;
        uint64_t offset;
};

static int by_module(const void *left, const void *right)
{
        const struct variable *a = left, *b = right;

        return (a->module_row > b->module_row) - (a->module_row < b->module_row);
}

static int by_chain(const void *left, const void *right)
{
        const struct variable *a = left, *b = right;

        if (a->chain != b->chain)
                return a->chain > b->chain ? 1 : -1;
        return (a->link > b->link) - (a->link < b->link);
}

static struct variable *find_variables(const struct model *model, const struct catalog *catalog, size_t *ret_count)
{
        struct variable *variable = NULL;
        size_t count = 0, room = 0;

        for (size_t i = 0; i < catalog->chain_count; i++) {
                const struct catalog_chain *row = &catalog->chain[i];

                for (uint32_t link = 0; link < row->chain->count; link++) {
                        uint64_t address = row->chain->link[link].value;
                        const struct process *owner;
                        const struct module *module;

                        if (row->chain->link[link].kind != WIRE_LINK_DATA)
                                continue;
                        module = tables_module_at(model, row->process, address, &owner);
                        if (!module)
                                continue;
                        variable = xgrow(variable, count, &room, sizeof *variable);
                        variable[count++] = (struct variable){.chain = i,
                                                              .link = link,
                                                              .module = module,
                                                              .module_row = tables_module_row(model, owner, module),
                                                              .address = address - module->bias};
                }
        }
        *ret_count = count;
        return variable;
}

/* Each file is opened once. */
static struct variable *name_variables(const struct model *model, const struct catalog *catalog, size_t *ret_count)
{
        struct variable *variable = find_variables(model, catalog, ret_count);
        struct symbols *symbols = NULL;

        if (*ret_count == 0)
                return variable;
        qsort(variable, *ret_count, sizeof *variable, by_module);
        for (size_t i = 0; i < *ret_count; i++) {
                if (i == 0 || variable[i].module != variable[i - 1].module) {
                        if (symbols)
                                symbols_close(symbols);
                        symbols = symbols_open(variable[i].module->path, variable[i].module->build_id);
                }
                variable[i].name = symbols_data(symbols, variable[i].address, &variable[i].offset);
        }
        symbols_close(symbols);
        qsort(variable, *ret_count, sizeof *variable, by_chain);
        return variable;
}

static void write_variable(struct writer *writer, const struct variable *variable)
{
        tables_told(writer, variable != NULL, variable ? &variable->module_row : NULL, 1);
        writer_text(writer, variable ? variable->name : NULL);
        tables_told(writer, variable && variable->name, variable ? &variable->offset : NULL, 1);
}

static void write_link(struct writer *writer, const struct catalog_chain *row, uint32_t position,
                       const struct variable *variable)
{
        const struct wire_link *link = &row->chain->link[position];
        bool block = link->kind == WIRE_LINK_BLOCK, cut = link->kind == WIRE_LINK_CUT;
        bool thread = link->kind == WIRE_LINK_STACK || link->kind == WIRE_LINK_REGISTER || link->kind == WIRE_LINK_TLS;
        const uint64_t tid = link->stack;

        writer_integer(writer, row->process->number);
        writer_integer(writer, row->stack + UINT64_C(1));
        writer_integer(writer, position);
        writer_text(writer, link_word(link->kind));
        tables_told(writer, thread, &tid, 1);
        tables_told(writer, !block && !cut && link->kind != WIRE_LINK_REGISTER, &link->value, 1);
        write_variable(writer, variable);
        tables_stack(writer, row->link_stack[position]);
        tables_told(writer, block, &link->value, 1);
        tables_told(writer, block && position + 1 < row->chain->count, &link->offset, 1);
        writer_row(writer);
}

/* Of stacks that turned out to be one the first chain is enough. */
static bool is_repeated(const struct catalog *catalog, bool *known, size_t chain)
{
        const struct catalog_chain *row = &catalog->chain[chain];
        bool repeated;

        if (chain == 0 || row->process != row[-1].process)
                memset(known, 0, catalog->stack_count * sizeof *known);
        repeated = known[row->stack];
        known[row->stack] = true;
        return repeated;
}

static void write_chains(struct writer *writer, const struct model *model, const struct catalog *catalog)
{
        size_t variables, at = 0;
        struct variable *variable = name_variables(model, catalog, &variables);
        bool *known = xcalloc(catalog->stack_count + 1, sizeof *known);

        writer_table(writer, "leak_link");
        for (size_t i = 0; i < catalog->chain_count; i++) {
                const struct catalog_chain *row = &catalog->chain[i];
                bool repeated = is_repeated(catalog, known, i);

                for (uint32_t link = 0; link < row->chain->count; link++) {
                        bool named = at < variables && variable[at].chain == i && variable[at].link == link;

                        if (!repeated)
                                write_link(writer, row, link, named ? &variable[at] : NULL);
                        at += named;
                }
        }
        for (size_t i = 0; i < variables; i++)
                free(variable[i].name);
        free(variable);
        free(known);
}

void tables_leaks(struct writer *writer, const struct model *model, const struct catalog *catalog)
{
        writer_table(writer, "leak_scan");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                if (process->leaks.last.told.number)
                        write_scan(writer, model, process);
        writer_table(writer, "leak");
        for (size_t i = 0; i < catalog->leak_count; i++)
                write_leak(writer, model, &catalog->leak[i]);
        write_chains(writer, model, catalog);
}
