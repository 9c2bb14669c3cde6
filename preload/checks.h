/* The checks that somebody asked for: what block.c does on top of the usual when one of them is on. All of them need
 * side records, so every call takes the slow path anyway, and the fast paths know nothing of this. */
#ifndef PRELOAD_CHECKS_H
#define PRELOAD_CHECKS_H

#include "preload/errors.h"

struct checks {
        bool any;
        bool canaries;   /* in the slack of blocks */
        bool fill;       /* free blocks are filled with fill_byte */
        bool quarantine; /* and kept for a while */
        bool guard;      /* some blocks have pages of their own */
        bool first_free; /* it is noted where blocks are freed */
        uint8_t fill_byte;
};
extern struct checks checks;

void checks_encode_links(void); /* in the constructor, before tracing is on */
void checks_open(void);         /* in the constructor, once tracing is on: what config asks for */

/* As the functions of heap.h of the same names, for guarded blocks too. */
bool checks_alloc(struct thread *thread, size_t size, size_t alignment, struct block *ret_block);
enum block_status checks_find(const void *word, struct block *ret_block);
enum heap_resize_status checks_resize(struct heap *heap, struct block *block, size_t size);

/* Before the program gets the block; `record` is to be stored afterwards. */
void checks_ready(struct thread *thread, const struct block *block, size_t size, uint64_t record);
/* The program has given the block back, or to realloc. */
void checks_taken(struct thread *thread, const struct free_call *call, const struct block *block, uint64_t record);
/* heap_release, sooner or later. */
void checks_release(struct thread *thread, const struct block *block);

/* Before the last words: blocks that nobody has freed, and those in quarantine. */
void checks_last_look(struct thread *thread);

#endif
