/* What the program does wrong with blocks: found here, told to the recorder, and counted. What is free is never freed
 * again, so the program goes on, unless HEAPTAP_ON_ERROR=abort. */
#ifndef PRELOAD_ERRORS_H
#define PRELOAD_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/check/contents.h"
#include "preload/thread.h"

/* How the program gives a block back. */
struct free_call {
        const uintptr_t *frame; /* as for block_new */
        enum wire_call call;
        bool sized;       /* it says the size */
        size_t size;      /* that it says */
        size_t alignment; /* that it says; 0: none */
};

/* `status` is what heap_find said of the address, and `found` what it found. */
void errors_no_block(struct thread *thread, const struct free_call *call, const void *start, enum block_status status,
                     const struct block *found);
/* The record that was taken says that the block was free. */
void errors_twice(struct thread *thread, const struct free_call *call, const struct block *block, uint64_t record);
/* Looks whether what the call says fits the block. */
void errors_look_at_call(struct thread *thread, const struct free_call *call, const struct block *block,
                         uint64_t record);

/* Bytes of the block, or behind it, are not what they should be. `record` may be that of a freed block. */
void errors_changed(struct thread *thread, const struct free_call *call, const struct block *block, uint64_t record,
                    enum wire_error_kind kind, struct contents_change change);

/* The link in a free block led nowhere. */
void errors_link(struct thread *thread, const struct block *block);

/* A call of operator new went to the C++ runtime, for want of memory: blocks may come from its malloc. */
void errors_expect_foreign_new(void);

struct errors_counts {
        uint64_t foreign, interior, twice;
};
struct errors_counts errors_counts(void);

/* Set in the constructor; called when a call that found an error is about to return. NULL: nothing happens. */
extern void (*errors_follow)(void);

#endif
