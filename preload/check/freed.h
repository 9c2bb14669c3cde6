/* Where blocks were freed last: a table of the latest frees, by address. An entry may be overwritten by another's. */
#ifndef PRELOAD_CHECK_FREED_H
#define PRELOAD_CHECK_FREED_H

#include <stdbool.h>
#include <stdint.h>

bool freed_open(void); /* in the constructor; false: no memory */

void freed_note(const void *start, uint32_t stack);
uint32_t freed_stack(const void *start); /* 0: not known */

#endif
