/* Wrong frees are told with what is known: where it was, where the block was allocated, and how far the address is from
 * it. glibc aborts, so there is no native run to compare with.
 * compare: nothing
 * modes: traced
 * expect: exit 0
 * expect: error foreign wrong_stack call=free place=stack
 * expect: error foreign wrong_static place=module module=bad_free_stacks
 * expect: error foreign wrong_code place=module module=bad_free_stacks
 * expect: error foreign wrong_garbage place=other module=NULL
 * expect: error foreign wrong_mapping place=other
 * expect: error foreign wrong_pools place=pools
 * expect: error foreign wrong_realloc call=realloc place=stack count=3
 * expect: error interior wrong_interior allocated=small offset=16 block_bytes=100 block_kind=malloc freed=0
 * expect: error interior wrong_misaligned allocated=small offset=7 block_bytes=100
 * expect: error interior wrong_interior_free allocated=small offset=32 freed=1
 * expect: error interior wrong_aligned allocated=aligned offset=64 block_bytes=1000 block_kind=aligned
 * expect: error interior wrong_large allocated=large offset=70000
 * expect: error interior wrong_huge allocated=huge offset=4096 block_bytes=10MiB
 * expect: error double wrong_twice allocated=small block_bytes=100 block_kind=malloc
 * expect: error double wrong_thread allocated=small count=1
 * expect: error double wrong_moved allocated=small block_bytes=24
 * expect: error double wrong_resize call=realloc allocated=zeroed block_bytes=200 block_kind=calloc
 * expect: error double wrong_large_twice allocated=large block_bytes=500000
 * expect: error double wrong_huge_twice allocated=huge block_bytes=10MiB
 * expect: error double wrong_huge_again allocated=huge block_bytes=100MiB
 * expect: error size wrong_size call=free allocated=small block_bytes=100 said=96
 * expect: error size wrong_aligned_size allocated=aligned block_bytes=1000 said=999
 * expect: error alignment wrong_alignment allocated=small block_bytes=48 said=4096
 * expect: sql SELECT count(*), sum(count) FROM error => 23|25
 * expect: sql SELECT frees_foreign, frees_interior, frees_double FROM process => 9|6|7
 * expect: walk agrees
 * expect: live small blocks<=1
 * expect: live large blocks=0
 * expect: live huge blocks=0
 * expect: live aligned blocks=0
 */
#include "program.h"
#include <pthread.h>
#include <sys/mman.h>

void free_sized(void *block, size_t size) __attribute__((weak));
void free_aligned_sized(void *block, size_t alignment, size_t size) __attribute__((weak));

static char in_data[64] = {1};

NOINLINE static char *small(size_t bytes)
{
        return memset(keep(malloc(bytes)), 1, bytes);
}

NOINLINE static char *zeroed(size_t bytes)
{
        return keep(calloc(1, bytes));
}

NOINLINE static char *aligned(size_t bytes)
{
        return keep(memalign(4096, bytes));
}

NOINLINE static char *large(size_t bytes)
{
        return memset(keep(malloc(bytes)), 1, bytes);
}

NOINLINE static char *huge(size_t bytes)
{
        return memset(keep(malloc(bytes)), 1, 4096);
}

/* Each frees in a frame of its own, and goes on after it. */
#define WRONG(name, ...)                            \
        NOINLINE static void name(char *a)          \
        {                                           \
                (void)a;                            \
                __VA_ARGS__;                        \
                keep(a);                            \
        }

WRONG(wrong_stack, free(keep(a)))
WRONG(wrong_static, free(keep(in_data + 16)))
WRONG(wrong_code, free((void *)huge))
WRONG(wrong_garbage, free((void *)0xdeadbeef000))
WRONG(wrong_mapping, free(keep(a)))
WRONG(wrong_pools, free(keep(a)))
WRONG(wrong_realloc, for (int i = 0; i < 3; i++) CHECK(!realloc(keep(a), 100)))
WRONG(wrong_interior, free(keep(a + 16)))
WRONG(wrong_misaligned, free(keep(a + 7)))
WRONG(wrong_interior_free, free(keep(a + 32)))
WRONG(wrong_aligned, free(keep(a + 64)))
WRONG(wrong_large, free(keep(a + 70000)))
WRONG(wrong_huge, free(keep(a + 4096)))
WRONG(wrong_twice, free(keep(a)))
WRONG(wrong_moved, free(keep(a)))
WRONG(wrong_resize, CHECK(!realloc(keep(a), 5000)))
WRONG(wrong_large_twice, free(keep(a)))
WRONG(wrong_huge_twice, free(keep(a)))
WRONG(wrong_huge_again, free(keep(a)))
WRONG(wrong_size, free_sized(keep(a), 96))
WRONG(wrong_aligned_size, free_aligned_sized(keep(a), 4096, 999))
WRONG(wrong_alignment, free_aligned_sized(keep(a), 4096, 48))

NOINLINE static void *wrong_thread(void *block)
{
        free(keep(block));
        return keep(NULL);
}

int main(void)
{
        char on_stack[64] = {1}, *a, *b, *blocks[100];
        pthread_t thread[2];

        for (int i = 0; i < 100; i++) /* so that slabs stay */
                blocks[i] = small(100);
        wrong_stack(keep(on_stack + 16));
        wrong_static(NULL);
        wrong_code(NULL);
        wrong_garbage(NULL);
        wrong_mapping(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        wrong_pools((char *)((uintptr_t)blocks[0] | 0xffff) + 1 - 16);
        wrong_realloc(keep(on_stack));

        wrong_interior(blocks[0]);
        wrong_misaligned(blocks[0]);
        wrong_aligned(a = aligned(1000));
        free(a);
        wrong_large(a = large(500000));
        free(a);
        wrong_large_twice(a);
        wrong_huge(a = huge(10 << 20));
        free(a);
        wrong_huge_twice(a);
        free(a = huge(100 << 20));
        wrong_huge_again(a);

        free(blocks[1]);
        wrong_twice(blocks[1]);
        wrong_interior_free(blocks[1]);
        a = small(24);
        b = realloc(a, 30000);
        CHECK(a != b);
        wrong_moved(a);
        free(b);
        free(a = zeroed(200));
        wrong_resize(a);
        for (int i = 0; i < 2; i++)
                CHECK(!pthread_create(&thread[i], NULL, wrong_thread, blocks[2]));
        for (int i = 0; i < 2; i++)
                CHECK(!pthread_join(thread[i], NULL));

        wrong_size(blocks[3]);
        wrong_aligned_size(aligned(1000));
        wrong_alignment((uintptr_t)(a = small(48)) % 4096 ? a : small(48));
        blocks[1] = blocks[2] = blocks[3] = NULL;
        for (int i = 0; i < 100; i++)
                free(blocks[i]);
        return 0;
}
