/* Finds the file that holds the debugging information of a stripped one. */
#ifndef SYMBOLS_SEPARATE_H
#define SYMBOLS_SEPARATE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

/* As dwfl_standard_find_debuginfo, but libdebuginfod (and with it an HTTP client, TLS and more) is loaded only if the
 * user has named a server in DEBUGINFOD_URLS. If userdata of the module is set, it is an int *, which gets a descriptor
 * of the file, too; to be closed. */
int separate_find(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, const char *file,
                  const char *link, GElf_Word link_crc, char **ret_file);

bool separate_build_id_fits(Elf *elf, const char *expected); /* `expected` in hex; true if either has none */

#endif
