/* Debugging information whose sections are compressed. libdw would inflate all of them with zlib, which took longer
 * than everything else about the symbols of a short run: here only those are inflated that are read, and at twice the
 * speed. */
#ifndef SYMBOLS_INFLATE_H
#define SYMBOLS_INFLATE_H

#include <elfutils/libdw.h>

struct inflate;

/* Of the file, whose descriptor it takes over. NULL: nothing there is compressed, or it is better left to libdwfl. */
struct inflate *inflate_open(int fd);
Dwarf *inflate_dwarf(struct inflate *inflate);
void inflate_close(struct inflate *inflate); /* NULL: does nothing */

#endif
