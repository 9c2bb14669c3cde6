/* The function symbols, or those of data, of one file by address: .symtab and .dynsym, as libdwfl merges them. Sorted
 * once; libdwfl's own search reads the whole table for each address. */
#ifndef SYMBOLS_NAMES_H
#define SYMBOLS_NAMES_H

#include <elfutils/libdwfl.h>

struct names; /* of one file; the strings are the module's */

struct names *names_open(Dwfl_Module *module);
struct names *names_open_data(Dwfl_Module *module);
void names_close(struct names *names);

/* The symbol that covers `address` (as libdwfl has moved it), else the nearest one before it if that one's size is
 * not told. NULL: none. */
const char *names_find(const struct names *names, GElf_Addr address, GElf_Addr *ret_start);

#endif
