/* Captures by libunwind, alone or to compare ours with: --unwind. docs/architecture.md says why it is asked twice. */
#ifndef PRELOAD_RECORD_VERIFY_H
#define PRELOAD_RECORD_VERIFY_H

#include <stdint.h>

struct memo;

uint32_t verify_libunwind(struct memo *memo, const uintptr_t *frame); /* the id of what unw_backtrace says */

/* Counts the capture, and whether it differs: neither of libunwind's ways of walking gives the stack of that id. */
void verify_capture(struct memo *memo, const uintptr_t *frame, uint32_t id);

#endif
