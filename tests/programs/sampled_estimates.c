/* A sample of one byte in 4 KiB is right on average, for blocks of any size and whatever becomes of them. Bounds are six
 * standard deviations.
 * modes: traced
 * options: --sample=4K
 * expect: total short_lived allocations=200000~9% frees=200000~9% requested=200000*100~9% short_lived=200000~9%
 * expect: live short_lived blocks=0 bytes=0
 * expect: live kept blocks=40000~25% bytes=40000*64~25%
 * expect: total aligned_ones allocations=20000~16%
 * expect: total large allocations=50 requested=50*1000000 kind=calloc
 * expect: live grown blocks=1000~4% bytes=1000*60000~4%
 * expect: live shrunk blocks=1000~22% bytes=1000*4000~22%
 * expect: live passed_on blocks=0
 * expect: total passed_on frees=50000~24%
 * expect: stack kept<main
 * expect: walk agrees
 * expect: sql SELECT allocations = counted_allocations AND frees = counted_frees AND resizes = counted_resizes FROM process_sample => 1
 * expect: sql SELECT rate FROM process_sample => 4096
 */
#include "program.h"
#include <pthread.h>

enum { GROWN = 1000, PASSED = 50000 };

static void *held[GROWN], *passed[PASSED];

NOINLINE static void short_lived(void)
{
        for (int i = 0; i < 200000; i++)
                free(malloc(100));
}

NOINLINE static void kept(void)
{
        for (int i = 0; i < 40000; i++)
                *(void *volatile *)malloc(64) = NULL;
}

NOINLINE static void aligned_ones(void)
{
        for (int i = 0; i < 20000; i++) {
                void *block = aligned_alloc(256, 200);

                CHECK(((size_t)block & 255) == 0);
                free(block);
        }
}

NOINLINE static void large(void)
{
        for (int i = 0; i < 50; i++)
                free(calloc(1000, 1000));
}

/* Step by step, so that most of it is in place. */
NOINLINE static void grown(void)
{
        for (int i = 0; i < GROWN; i++) {
                void *block = NULL;

                for (size_t bytes = 10000; bytes <= 60000; bytes += 5000)
                        block = realloc(block, bytes);
                held[i] = block;
        }
}

NOINLINE static void shrunk(void)
{
        for (int i = 0; i < GROWN; i++) {
                void *block = malloc(200000);

                block = realloc(block, 90000);
                block = realloc(block, 40000);
                held[i] = realloc(block, 4000);
        }
}

static void *frees_them(void *unused)
{
        for (int i = 0; i < PASSED; i++)
                free(passed[i]);
        return unused;
}

NOINLINE static void passed_on(void)
{
        for (int i = 0; i < PASSED; i++)
                passed[i] = malloc(48);
}

/* Apart: what libc keeps of a thread may be in the sample, too. */
NOINLINE static void pass_on(void)
{
        pthread_t thread;

        CHECK(!pthread_create(&thread, NULL, frees_them, NULL));
        pthread_join(thread, NULL);
}

int main(void)
{
        short_lived();
        kept();
        aligned_ones();
        large();
        grown();
        shrunk();
        passed_on();
        pass_on();
        return 0;
}
