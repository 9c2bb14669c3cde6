/* A handler allocates and frees, last first, while main does the same on the path that the second argument names:
 * "fast" (one size), "slow" (blocks of all sizes, aligned ones, realloc), until it ran SIGNALS times. The processor
 * sends the signals: one after each single instruction, so that none of the allocator's is left out. No block may have
 * two owners. */
#include "hosts.h"

enum { KEPT = 64 };

static volatile long handled, wanted;
static int slow;

static void fill(unsigned char *block, size_t size, unsigned char with)
{
        block[0] = block[size / 2] = block[size - 1] = with;
}

static int is_filled(const unsigned char *block, size_t size, unsigned char with)
{
        return block[0] == with && block[size / 2] == with && block[size - 1] == with;
}

static void handler(int number)
{
        size_t size = slow ? 16u << handled % 12 : 48;
        unsigned char *a = malloc(size), *b = malloc(48);

        (void)number;
        CHECK(a && b);
        fill(a, size, 0xaa);
        fill(b, 48, 0xbb);
        CHECK(is_filled(a, size, 0xaa));
        free(b);
        free(a);
        handled++;
}

/* The processor's trap flag: a SIGTRAP after each instruction, until SIGTRAP's handler has run. The kernel clears it
 * for the handler and puts it back after. */
static inline void step(int on)
{
        if (on)
                __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" : : : "memory", "cc");
        else
                __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" : : : "memory", "cc");
}

static void fast_path(void)
{
        unsigned char *a = keep(malloc(48)), *b;

        fill(a, 48, 1);
        b = keep(malloc(48));
        fill(b, 48, 2);
        CHECK(is_filled(a, 48, 1) && is_filled(b, 48, 2));
        free(b);
        free(a);
}

/* Blocks that are replaced at random, so that slabs are made, filled, unmade and given back. */
static void slow_path(unsigned *random)
{
        static unsigned char *kept[KEPT];
        static size_t size[KEPT];
        unsigned place = next_random(random) % KEPT, kind = next_random(random) % 8;
        size_t bytes = next_random(random) % (kind ? kind == 1 ? 200000 : 9000 : 3000000) + 1;

        if (kept[place])
                CHECK(is_filled(kept[place], size[place], (unsigned char)place));
        if (kind == 2) {
                kept[place] = realloc(kept[place], bytes);
        } else {
                free(kept[place]);
                kept[place] = kind == 3 ? aligned_alloc(256, (bytes + 255) & ~(size_t)255) : malloc(bytes);
        }
        CHECK(kept[place]);
        size[place] = bytes;
        fill(kept[place], bytes, (unsigned char)place);
}

int main(int argc, char **argv)
{
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
        unsigned char *warm[16];
        unsigned random = 1;

        wanted = argc > 1 ? atol(argv[1]) : 10000;
        slow = argc > 2 && !strcmp(argv[2], "slow");
        alarm(3000);
        for (int i = 0; i < 16; i++)
                warm[i] = keep(malloc(48));
        for (int i = 0; i < 16; i++)
                free(warm[i]);
        CHECK(!sigaction(SIGTRAP, &action, NULL));
        step(1);
        while (handled < wanted)
                if (slow)
                        slow_path(&random);
                else
                        fast_path();
        step(0);
        if (argc > 3)
                fprintf(stderr, "%ld signals\n", handled);
        puts("whole");
        return 0;
}
