/* Huge blocks: each has a mapping of its own, aligned to 4 MiB so that no two share a granule of the address space. */
#ifndef PRELOAD_ALLOC_HUGE_H
#define PRELOAD_ALLOC_HUGE_H

#include "preload/alloc/segment.h"

/* A huge block's record. Its memory is never given back but used again, so that anybody may look at it. */
struct huge {
        struct spare spare;      /* first: while not in use */
        _Atomic uintptr_t start; /* 0: not in use */
        _Atomic size_t usable;
        _Atomic size_t mapped;   /* at least as much: room to grow in, or what a bigger block before it has left */
        _Atomic uint64_t record; /* its side record */
        _Atomic bool sided;
        bool zeroed;                  /* when it was handed out */
        _Atomic bool aged;            /* idle, and was so when huge_trim_aged came by */
        _Atomic uintptr_t idle_start; /* of a mapping that waits for another use; start is then 0 */
        struct huge *next;            /* of all that were ever made */
};

struct huge *huge_create(size_t bytes, size_t alignment, bool sided); /* NULL: no memory */
void huge_destroy(struct huge *huge);
void huge_side(struct huge *huge, bool sided); /* whether it has a side record from now on */

/* The block whose mapping an address lies in, or NULL. */
struct huge *huge_find(uintptr_t address);

/* False: nothing changed. The start may have changed, the contents moved along. */
bool huge_resize(struct huge *huge, size_t bytes);

/* Mappings of freed blocks that wait for another use. */
size_t huge_trim(void);                   /* unmaps them; how many bytes */
size_t huge_trim_aged(size_t bytes_keep); /* only those that were idle at the last call of this one */
bool huge_make_way(void); /* the same when there is no address space, which is written down; true: some went */
size_t huge_idle_bytes(void);

/* Where a block was that is not in use any more; 0: it is in use. Racy: for diagnosis alone. */
uintptr_t huge_gone_from(const struct huge *huge);

enum { HUGE_IDLE_MAX = 16 };
struct huge *huge_idle_at(unsigned place); /* place below HUGE_IDLE_MAX; its mapping begins at idle_start. NULL: none */
size_t huge_mapped_bytes(const struct huge *huge);

struct huge *huge_first(void); /* then along next: all records, in use or not */
#endif
