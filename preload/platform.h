/* All that differs between machines, compilers and C libraries, and the few words every file of the guest uses. */
#ifndef PRELOAD_PLATFORM_H
#define PRELOAD_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#define LIKELY(x)    __builtin_expect(!!(x), 1)
#define UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define COLD         __attribute__((noinline, cold))
#define EXPORT       __attribute__((visibility("default")))
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#define CACHE_LINE   64

#if defined(__x86_64__)

#define PLATFORM_ADDRESS_BITS 47 /* of a pointer in user space */

/* A cheap counter that never stands still; only differences in one process mean something. */
static inline uint64_t platform_ticks(void)
{
        return __builtin_ia32_rdtsc();
}

static inline void platform_pause(void)
{
        __builtin_ia32_pause();
}

#elif defined(__aarch64__)

#define PLATFORM_ADDRESS_BITS 48

static inline uint64_t platform_ticks(void)
{
        uint64_t ticks;

        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
        return ticks;
}

static inline void platform_pause(void)
{
        __asm__ volatile("yield");
}

#else
#error "heaptap knows x86-64 and aarch64; a new machine needs its lines here"
#endif

#endif
