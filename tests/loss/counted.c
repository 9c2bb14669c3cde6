/* Allocates and frees in four threads and counts what it does in a file that it shares with whoever looks on, so that
 * the counts outlive it: `counted FILE ROUNDS [PAUSE_US]`; ROUNDS 0: for ever. Each thread tells what it is about to do
 * before the call, and counts it after. PAUSE_US: sleeps so long after each thousand rounds.
 *
 * At the end it says so, and exits with 7. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, CELLS = 512 };
enum doing { NOTHING, ALLOCATING, FREEING, RESIZING };

/* Read by tests/loss/run: 16 words of 64 bits for each thread, and before them as many for all. */
struct counts {
        _Atomic uint64_t tid, doing, allocations, frees, resizes;
        _Atomic uint64_t longest_ns; /* of one call */
        _Atomic uint64_t slow;       /* calls that took 10 ms and more */
        uint64_t pad[9];
};
struct shared {
        _Atomic uint64_t pid, go;
        uint64_t pad[14];
        struct counts counts[THREADS];
};

static struct shared *shared;
static void *_Atomic cell[CELLS];
static unsigned long rounds;
static unsigned pause_us;

static uint64_t now_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t begin(struct counts *counts, enum doing doing)
{
        atomic_store(&counts->doing, doing);
        return now_ns();
}

static void end(struct counts *counts, uint64_t begin_ns)
{
        uint64_t ns = now_ns() - begin_ns;

        if (ns > atomic_load(&counts->longest_ns))
                atomic_store(&counts->longest_ns, ns);
        if (ns >= 10000000)
                atomic_fetch_add(&counts->slow, 1);
        atomic_store(&counts->doing, NOTHING);
}

static void release(struct counts *counts, void *block)
{
        uint64_t begin_ns;

        if (!block)
                return;
        begin_ns = begin(counts, FREEING);
        free(block);
        counts->frees++;
        end(counts, begin_ns);
}

static void *resize(struct counts *counts, char *block, size_t size)
{
        uint64_t begin_ns = begin(counts, RESIZING);
        uintptr_t before = (uintptr_t)block;
        char *resized = realloc(block, size);

        if ((uintptr_t)resized == before) {
                counts->resizes++;
        } else {
                counts->allocations++;
                counts->frees++;
        }
        end(counts, begin_ns);
        return resized;
}

/* From one of many stacks. */
static __attribute__((noinline)) void *allocate(struct counts *counts, unsigned path, unsigned depth, size_t size)
{
        void *block;

        if (depth) {
                block = path & 1 ? allocate(counts, path >> 1, depth - 1, size)
                                 : allocate(counts, path >> 1, depth - 1, size);
                __asm__ volatile("" : "+r"(block)); /* no tail call */
                return block;
        }

        uint64_t begin_ns = begin(counts, ALLOCATING);

        block = malloc(size);
        counts->allocations++;
        end(counts, begin_ns);
        return block;
}

static void *work(void *argument)
{
        struct counts *counts = argument;
        unsigned seed = (unsigned)(counts - shared->counts) * 7919 + 1;

        atomic_store(&counts->tid, (uint64_t)syscall(SYS_gettid));
        while (!atomic_load(&shared->go))
                usleep(100);
        for (unsigned long i = 0; !rounds || i < rounds; i++) {
                unsigned random = seed = seed * 1103515245 + 12345;
                char *block = allocate(counts, random >> 8, random >> 20 & 7, 16 + (random >> 16) % 2000);

                if ((random >> 12 & 15) == 0)
                        block = resize(counts, block, 16 + (random >> 4) % 3000);
                /* Another thread may free it. */
                release(counts, atomic_exchange(&cell[(random >> 10) % CELLS], block));
                if (pause_us && i % 1000 == 999)
                        usleep(pause_us);
        }
        return NULL;
}

int main(int argc, char **argv)
{
        int file = argc > 2 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
        pthread_t thread[THREADS];

        if (file < 0 || ftruncate(file, sizeof *shared) != 0)
                return 2;
        shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (shared == MAP_FAILED)
                return 2;
        rounds = strtoul(argv[2], NULL, 10);
        pause_us = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
        for (int i = 0; i < THREADS; i++)
                if (pthread_create(&thread[i], NULL, work, &shared->counts[i]) != 0)
                        return 2;
        atomic_store(&shared->pid, (uint64_t)getpid());
        atomic_store(&shared->go, 1);
        for (int i = 0; i < THREADS; i++)
                pthread_join(thread[i], NULL);
        puts("whole");
        fflush(stdout);
        return 7;
}
