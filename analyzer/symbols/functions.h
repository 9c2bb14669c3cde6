/* The functions of a compilation unit by address, and the calls inlined into them. The index of a unit is made when an
 * address of it is first asked for: libdw's own search reads the whole unit each time, and it finds nothing where
 * link-time optimization put a function's instance and its description into different units. */
#ifndef SYMBOLS_FUNCTIONS_H
#define SYMBOLS_FUNCTIONS_H

#include <elfutils/libdw.h>
#include <stddef.h>

struct functions; /* of one file; NULL is an empty one */

/* Fills ret_scope with the innermost inlined call around `address` first and the function itself last, at most
 * scope_max of them. `address` is as in the debugging information. Returns how many there are; 0: none is known. */
size_t functions_scopes(struct functions **functions, Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *ret_scope,
                        size_t scope_max);
void functions_free(struct functions **functions);

#endif
