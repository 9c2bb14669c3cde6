/* What the programs of this directory share: how to lose a block without leaving a copy of its address behind. A block is
 * made and dropped in a NOINLINE function; what that leaves below the stack pointer and in registers, scrub overwrites. */
#ifndef LEAKS_H
#define LEAKS_H

#include "program.h"

/* Overwrites 64 KiB of the stack below its caller and the registers that a call may change. */
NOINLINE static void scrub(void)
{
        volatile char area[65536];

        for (size_t i = 0; i < sizeof area; i++)
                area[i] = 0;
#ifdef __x86_64__
        __asm__ volatile("xor %%eax, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; xor %%esi, %%esi; xor %%edi, %%edi;"
                         "xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d; xor %%r11d, %%r11d;"
                         "pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1; pxor %%xmm2, %%xmm2; pxor %%xmm3, %%xmm3;"
                         "pxor %%xmm4, %%xmm4; pxor %%xmm5, %%xmm5; pxor %%xmm6, %%xmm6; pxor %%xmm7, %%xmm7;"
                         "pxor %%xmm8, %%xmm8; pxor %%xmm9, %%xmm9; pxor %%xmm10, %%xmm10; pxor %%xmm11, %%xmm11;"
                         "pxor %%xmm12, %%xmm12; pxor %%xmm13, %%xmm13; pxor %%xmm14, %%xmm14; pxor %%xmm15, %%xmm15"
                         :
                         :
                         : "eax", "ecx", "edx", "esi", "edi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3",
                           "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                           "xmm15", "memory");
#endif
}

/* Calls it and leaves nothing of it behind. */
#define SCRUBBED(call)                                                                                     \
        do {                                                                                               \
                call;                                                                                      \
                scrub();                                                                                   \
        } while (0)

/* A block that points at others. */
struct node {
        struct node *next, *other;
        char rest[16];
};

static inline struct node *node_linked(void *block, struct node *next)
{
        struct node *node = (struct node *)block;

        node->next = next;
        node->other = NULL;
        return node;
}

/* Tells the others, and waits for them, without a block or a pthread object. */
static inline void flag_set(volatile int *flag)
{
        __atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static inline void flag_await(volatile int *flag)
{
        while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
                sleep_ms(1);
}

__attribute__((noreturn, noinline, unused)) static void wait_forever(void)
{
        for (;;)
                pause();
}

#endif
