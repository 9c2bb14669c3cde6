/* Pointers into a block that count like pointers to its start, since a C++ object or array explains them.
 *
 * Source: the heuristics of Valgrind's memcheck (memcheck/mc_leakcheck.c, heuristic_reachedness) of the names
 * stdstring, length64, newarray and multipleinheritance, and for new T[0] LeakSanitizer (IsSpecialCaseOfOperatorNew0);
 * glibc's misc/tsearch.c (USE_MALLOC_LOW_BIT).
 */
#ifndef PRELOAD_LEAKS_EXPLAIN_H
#define PRELOAD_LEAKS_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEAK_VTABLES = 64 };

/* Answers that were given, by address of a table of virtual functions. All zero at first. */
struct leak_vtables {
        uintptr_t address[LEAK_VTABLES];
        bool answer[LEAK_VTABLES];
};

/* For a word that points into the block behind its start, or to its end. */
bool leak_explained(struct leak_vtables *known, uintptr_t word, uintptr_t start, size_t bytes);

#endif
