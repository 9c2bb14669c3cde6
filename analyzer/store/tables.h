/* The parts of store_write: who fills which tables. */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include "analyzer/store/store.h"
#include "analyzer/store/writer.h"
#include "analyzer/symbols/symbols.h"

uint64_t tables_end_ns(const struct model *model, const struct process *process); /* when a process ended */
/* The row of a module: they are numbered from 1 through all processes. */
uint64_t tables_module_row(const struct model *model, const struct process *process, const struct module *module);
const char *tables_kind(int kind); /* of an allocation, enum wire_alloc_kind; NULL: none */
/* The module of the process, or of one it was forked from, that has the address now; NULL: none. */
const struct module *tables_module_at(const struct model *model, const struct process *process, uint64_t address,
                                      const struct process **ret_process);
void tables_stack(struct writer *writer, uint32_t stack); /* of the catalog, or CATALOG_NO_STACK */
void tables_told(struct writer *writer, bool told, const uint64_t *value, size_t count); /* NULLs if not told */
uint64_t tables_lost_frames(const struct process *process);
uint64_t tables_lost_events(const struct process *process);

void tables_meta(struct writer *writer, const struct model *model, const struct catalog *catalog,
                 const struct store_facts *facts);
void tables_processes(struct writer *writer, const struct model *model); /* process, thread, pool, event_loss */
void tables_purging(struct writer *writer, const struct model *model);   /* purge_limit, purge */
void tables_process_series(struct writer *writer, const struct model *model);

/* frame, symbol, stack. Returns the status of each file of the catalog, to be freed. */
enum symbols_status *tables_frames(struct writer *writer, const struct model *model, const struct catalog *catalog);
void tables_modules(struct writer *writer, const struct model *model, const struct catalog *catalog,
                    const enum symbols_status *status);
/* error, guarded */
void tables_errors(struct writer *writer, const struct model *model, const struct catalog *catalog);
/* leak_scan, leak, leak_link */
void tables_leaks(struct writer *writer, const struct model *model, const struct catalog *catalog);
void tables_sites(struct writer *writer, const struct model *model, const struct catalog *catalog); /* site, series */

#endif
