/* The compilation units of a file by address.
 *
 * libdw's own table comes from .debug_aranges alone, a section that clang and rustc do not write: their programs would
 * have functions and no lines. Every unit knows its ranges itself; they are looked at when that table has no answer. */
#ifndef SYMBOLS_UNITS_H
#define SYMBOLS_UNITS_H

#include <elfutils/libdw.h>
#include <stdbool.h>

struct units;

struct unit {
        Dwarf_Die lines;     /* to be asked for source lines */
        Dwarf_Die functions; /* to be asked for functions; another one when the information is split (.dwo) */
};

struct units *units_open(Dwarf *dwarf); /* NULL dwarf: no units */
bool units_find(struct units *units, Dwarf_Addr address, struct unit *ret_unit);
void units_close(struct units *units); /* NULL: does nothing */

#endif
