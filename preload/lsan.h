/* The functions of LeakSanitizer's interface that a program may call, as sanitizer/lsan_interface.h has them. They are
 * weak in most programs, so that their being there must change nothing but what is reported. */
#ifndef PRELOAD_LSAN_H
#define PRELOAD_LSAN_H

#include <stddef.h>

void __lsan_disable(
        void); /* what the thread allocates until as many __lsan_enable is not reported, nor what it points to */
void __lsan_enable(void);
void __lsan_ignore_object(const void *block); /* the same for one block, of which this is any address */
void __lsan_register_root_region(const void *start, size_t bytes);
void __lsan_unregister_root_region(const void *start, size_t bytes);

/* A scan now, which the caller waits for; its rows go to the report, and nothing else happens. Nonzero: blocks are
 * definitely or indirectly lost; suppressions are not known here. After the first of these the end is not scanned any
 * more: a program calls it where it thinks that the end is. */
void __lsan_do_leak_check(void);
int __lsan_do_recoverable_leak_check(void);

#endif
