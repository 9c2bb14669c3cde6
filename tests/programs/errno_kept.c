/* errno: free keeps it, success keeps it, failure sets ENOMEM.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: total fails allocations=0
 * expect: total succeeds allocations>=1000
 * expect: live succeeds blocks=0
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void succeeds(void)
{
        static const size_t sizes[] = {0, 1, 24, 100, 5000, 40000, 200000, 3000000, 100000000};
        void *aligned;

        for (int round = 0; round < 30; round++)
                for (int i = 0; i < 9; i++) {
                        void *blocks[5];

                        errno = 77;
                        blocks[0] = malloc(sizes[i]);
                        CHECK(errno == 77);
                        blocks[1] = calloc(1, sizes[i]);
                        CHECK(errno == 77);
                        blocks[2] = realloc(NULL, sizes[i]);
                        CHECK(errno == 77);
                        blocks[2] = realloc(blocks[2], sizes[i] + 1 + sizes[i] / 3);
                        CHECK(errno == 77);
                        blocks[3] = aligned_alloc(64, sizes[i]);
                        CHECK(errno == 77);
                        CHECK(!posix_memalign(&aligned, 128, sizes[i]));
                        CHECK(errno == 77);
                        blocks[4] = aligned;
                        for (int k = 0; k < 5; k++) {
                                free(blocks[k]);
                                CHECK(errno == 77);
                        }
                        free(NULL);
                        CHECK(malloc_usable_size(NULL) == 0);
                        CHECK(errno == 77);
                }
}

#define FAILS(expression) (errno = 0, keep(expression) == NULL && errno == ENOMEM)

NOINLINE static void fails(void *block)
{
        volatile size_t half = (size_t)1 << 33, much = (size_t)PTRDIFF_MAX + 1, most = SIZE_MAX;

        CHECK(FAILS(malloc(much)));
        CHECK(FAILS(malloc(most)));
        CHECK(FAILS(malloc(most - 8)));
        CHECK(FAILS(malloc((size_t)PTRDIFF_MAX - 4096)));
        CHECK(FAILS(calloc(half, half)));
        CHECK(FAILS(calloc(most, 2)));
        CHECK(FAILS(calloc(2, most)));
        CHECK(FAILS(calloc(1, much)));
        CHECK(FAILS(realloc(NULL, much)));
        CHECK(FAILS(realloc(block, much)));
        CHECK(FAILS(realloc(block, most)));
        CHECK(FAILS(reallocarray(block, half, half)));
        CHECK(FAILS(reallocarray(NULL, half, half)));
        CHECK(FAILS(memalign(64, most - 32)));
        CHECK(FAILS(memalign(4096, much)));
        CHECK(FAILS(aligned_alloc(1 << 20, most - 4096)));
        CHECK(FAILS(valloc(most)));
        CHECK(FAILS(pvalloc(most)));
        CHECK(FAILS(pvalloc(most - 4095)));
}

int main(void)
{
        char *block = strcpy(malloc(100), "as it was");

        succeeds();
        fails(block);
        CHECK(!strcmp(block, "as it was"));
        return 0;
}
