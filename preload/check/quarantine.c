/* A ring of addresses. Who draws a number puts its block in that place and takes along what stood there; the oldest
 * are taken out in the order of their numbers as long as there are too many bytes. */
#include "preload/check/quarantine.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
        PLACES = 1 << 16,
        SHARE_MAX = 4, /* one block takes no more than a quarter of all */
};

static _Atomic(void *) *ring;
static _Atomic uint64_t head, tail;
static _Atomic size_t bytes_held;
static size_t bytes_limit;

bool quarantine_open(size_t bytes_max)
{
        void *memory = mmap(NULL, PLACES * sizeof *ring, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return false;
        ring = memory;
        bytes_limit = bytes_max;
        return true;
}

bool quarantine_takes(size_t usable)
{
        return usable <= bytes_limit / SHARE_MAX;
}

static void *place_exchange(uint64_t number, void *start)
{
        /* Acquire and release: who takes a block out sees what the one who put it in has done to it. */
        return atomic_exchange_explicit(&ring[number % PLACES], start, memory_order_acq_rel);
}

/* Takes the oldest out. False: there are none. */
static bool take_oldest(quarantine_leave *leave, void *context)
{
        uint64_t number = atomic_load_explicit(&tail, memory_order_relaxed);
        void *start;

        do
                if (number >= atomic_load_explicit(&head, memory_order_relaxed))
                        return false;
        while (!atomic_compare_exchange_weak_explicit(&tail, &number, number + 1, memory_order_relaxed,
                                                      memory_order_relaxed));
        start = place_exchange(number, NULL); /* NULL: not put there yet, or gone already */
        if (start)
                leave(context, start);
        return true;
}

void quarantine_left(size_t usable)
{
        atomic_fetch_sub_explicit(&bytes_held, usable, memory_order_relaxed);
}

void quarantine_put(void *start, size_t usable, quarantine_leave *leave, void *context)
{
        void *before;

        atomic_fetch_add_explicit(&bytes_held, usable, memory_order_relaxed);
        before = place_exchange(atomic_fetch_add_explicit(&head, 1, memory_order_relaxed), start);
        if (before)
                leave(context, before);
        while (atomic_load_explicit(&bytes_held, memory_order_relaxed) > bytes_limit && take_oldest(leave, context))
                ;
}

void quarantine_clear(quarantine_leave *leave, void *context)
{
        if (!ring)
                return;
        /* Also what was put in while its number had been passed already. */
        for (uint64_t number = 0; number < PLACES; number++) {
                void *start = place_exchange(number, NULL);

                if (start)
                        leave(context, start);
        }
}
