/* Each only notes what it was told: what is reported is the scan's affair, and how a program ends is its own. */
#include "preload/lsan.h"

#include <errno.h>

#include "preload/annotations.h"
#include "preload/leaks/leaks.h"
#include "preload/platform.h"
#include "preload/thread.h"
#include "preload/traced.h"

/* Not in a sample, where nothing is known of most blocks. */
static bool is_of_use(void)
{
        return thread_sided;
}

/* From now on the calls of all threads go the long way, where it is looked at which of them ignore: the quick one has
 * no room for that. */
EXPORT void __lsan_disable(void)
{
        int errno_before = errno;
        struct thread *thread = is_of_use() ? thread_enter() : NULL;

        if (thread) {
                thread_leave(thread);
                if (!thread_current->ignoring++)
                        traced_slow_down();
                atomic_store_explicit(&annotations_begun, true, memory_order_relaxed);
        }
        errno = errno_before;
}

EXPORT void __lsan_enable(void)
{
        if (is_of_use() && thread_current && thread_current->ignoring && !--thread_current->ignoring)
                traced_speed_up();
}

EXPORT void __lsan_ignore_object(const void *block)
{
        int errno_before = errno;

        if (is_of_use())
                annotations_ignore_object(block);
        errno = errno_before;
}

EXPORT void __lsan_register_root_region(const void *start, size_t bytes)
{
        int errno_before = errno;

        if (is_of_use())
                annotations_region_add(start, bytes);
        errno = errno_before;
}

EXPORT void __lsan_unregister_root_region(const void *start, size_t bytes)
{
        if (is_of_use())
                annotations_region_remove(start, bytes);
}

/* Inlined: the stack of whoever called the function is what is scanned, from there outward. */
static inline __attribute__((always_inline)) bool scan(void)
{
        int errno_before = errno;
        struct leak_sum sum = {0};
        struct leak_self self;
        struct thread *thread = is_of_use() ? thread_enter() : NULL;

        leak_self_here(&self);
        if (thread) {
                leaks_now(&thread->recorder, WIRE_SCAN_REQUEST, &self, &sum);
                thread_leave(thread);
        }
        errno = errno_before;
        return sum.blocks[WIRE_LEAK_DEFINITE] || sum.blocks[WIRE_LEAK_INDIRECT];
}

EXPORT void __lsan_do_leak_check(void)
{
        if (annotations_exit_scan_wanted())
                scan();
        annotations_finish();
}

EXPORT int __lsan_do_recoverable_leak_check(void)
{
        return scan();
}
