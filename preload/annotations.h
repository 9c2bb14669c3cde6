/* What the program has said about its leaks: blocks that are to count as reachable, memory that is a root, and whether
 * to look at all. The functions that say it are in lsan.c.
 *
 * Everything is lock-free, and nothing is ever given back; the scan for leaks reads it while the program stands still.
 * A block is named by its address and by 21 bits of its side record, both in one word, so that neither can be seen
 * without the other. A block that is freed is not taken out: its record changes, and then the word means nothing and
 * its place may be used again. (Of the later blocks at that address, one in two million has the same bits.) */
#ifndef PRELOAD_ANNOTATIONS_H
#define PRELOAD_ANNOTATIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Some thread has begun to allocate blocks that are to be ignored; stays true. */
extern _Atomic bool annotations_begun;

void annotations_ignore(const void *block, uint64_t record); /* no memory: the block is not ignored */

void annotations_ignore_object(const void *word); /* the block there, if it has a record and is in use */

void annotations_region_add(const void *start, size_t bytes);
void annotations_region_remove(const void *start, size_t bytes); /* one that was added with just these */

/* Calls visit for each block to ignore, and for many that are gone: it counts only if there is a block in use at
 * `block` and annotations_check of its record is `check`. */
void annotations_ignored_each(void (*visit)(void *context, uintptr_t block, uint64_t check), void *context);
uint64_t annotations_check(uint64_t record);

/* Any addresses; nothing says that they can be read. */
void annotations_regions_each(void (*visit)(void *context, uintptr_t start, uintptr_t end), void *context);

/* The program has looked for leaks itself, and wants no more of it: __lsan_do_leak_check, __lsan_is_turned_off. */
void annotations_finish(void);
bool annotations_exit_scan_wanted(void);

#endif
