/* All that differs between machines, compilers and C libraries, and the few words every file of the guest uses. */
#ifndef PRELOAD_PLATFORM_H
#define PRELOAD_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#define LIKELY(x)    __builtin_expect(!!(x), 1)
#define UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define COLD         __attribute__((noinline, cold))
#define NOINLINE     __attribute__((noinline))
#define EXPORT       __attribute__((visibility("default")))
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#define CACHE_LINE   64

#if defined(__x86_64__)

#define PLATFORM_ADDRESS_BITS 47 /* of a pointer in user space */
#define PLATFORM_HAS_RULES    1  /* record/rules.c knows this machine's frames */

/* Register numbers of DWARF, and where a signal frame keeps them: offsets from the ucontext of the kernel. */
enum {
        PLATFORM_DWARF_FP = 6,
        PLATFORM_DWARF_SP = 7,
        PLATFORM_DWARF_RA = 16,
        PLATFORM_UCONTEXT_FP = 40 + 8 * 10,
        PLATFORM_UCONTEXT_SP = 40 + 8 * 15,
        PLATFORM_UCONTEXT_PC = 40 + 8 * 16,
};

/* __restore_rt: mov $15, %rax; syscall. Its pc may be looked up one byte early. */
static inline int platform_is_sigreturn(const uint8_t *code)
{
        if (code[0] != 0x48)
                code++;
        return code[0] == 0x48 && code[1] == 0xc7 && code[2] == 0xc0 && code[3] == 0x0f;
}

/* A cheap counter that never stands still; only differences in one process mean something. */
static inline uint64_t platform_ticks(void)
{
        return __builtin_ia32_rdtsc();
}

/* In a loop that waits for another process. */
static inline void platform_pause(void)
{
        __builtin_ia32_pause();
}

/* A system call as it is: a failure is -errno, and errno stays what it was. */
static inline long platform_syscall(long number, long a, long b, long c, long d, long e, long f)
{
        register long r10 __asm__("r10") = d;
        register long r8 __asm__("r8") = e;
        register long r9 __asm__("r9") = f;
        long result;

        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        return result;
}

#elif defined(__aarch64__)

#define PLATFORM_ADDRESS_BITS 48
#define PLATFORM_HAS_RULES    0 /* backtraces are libunwind's */

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

static inline long platform_syscall(long number, long a, long b, long c, long d, long e, long f)
{
        register long x8 __asm__("x8") = number;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = d;
        register long x4 __asm__("x4") = e;
        register long x5 __asm__("x5") = f;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
        return x0;
}

#else
#error "heaptap knows x86-64 and aarch64; a new machine needs its lines here"
#endif

#endif
