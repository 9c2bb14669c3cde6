/* What lies at an address of a file: functions, inlined ones included, with source lines. One file at a time, so that
 * the debugging information of one is in memory, not that of all. */
#ifndef SYMBOLS_SYMBOLS_H
#define SYMBOLS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

enum symbols_status {
        SYMBOLS_DEBUG,   /* functions, inlined ones, lines */
        SYMBOLS_SYMTAB,  /* functions */
        SYMBOLS_DYNSYM,  /* exported functions */
        SYMBOLS_NONE,    /* the file has none */
        SYMBOLS_MISSING, /* no such file, or not the one that was loaded */
};

struct symbols;

/* build_id as hex, empty if not known: a file with another one counts as missing. Never NULL. */
struct symbols *symbols_open(const char *path, const char *build_id);
void symbols_close(struct symbols *symbols);
enum symbols_status symbols_status(const struct symbols *symbols);
const char *symbols_status_name(enum symbols_status status); /* as in the profile */

struct symbol {
        char *function; /* demangled; NULL: not known */
        char *file;     /* NULL: not known */
        int line;       /* 0: not known */
};

enum { SYMBOLS_DEPTH_MAX = 64 };

/* `address` as in the file. Writes at most SYMBOLS_DEPTH_MAX, innermost inlined function first, the function itself
 * last, and returns how many; 0: nothing is known. The strings are freed with symbol_free. */
size_t symbols_lookup(struct symbols *symbols, uint64_t address, struct symbol *ret_symbol);
void symbol_free(struct symbol *symbol);

/* The variable that covers an address, as in the file, and how far into it that is. To be freed; NULL: none. */
char *symbols_data(struct symbols *symbols, uint64_t address, uint64_t *ret_offset);

#endif
