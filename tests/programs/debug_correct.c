/* With every check at once a correct program behaves as without: same output, same counts, and no error.
 * options: --debug --guard 3 --encode-links
 * modes: pools traced
 * expect: exit 0
 * expect: sql SELECT count(*) FROM error => 0
 * expect: walk agrees
 * expect: counts agree
 * expect: live keeps blocks=500
 */
#include "program.h"
#include <pthread.h>

enum { BLOCKS = 400, ROUNDS = 60000 };

static uint64_t random_next(uint64_t *state)
{
        return (*state = *state * 6364136223846793005u + 1442695040888963407u) >> 33;
}

static size_t random_size(uint64_t *state)
{
        static const size_t most[] = {40, 200, 5000, 100000};
        size_t wanted = most[random_next(state) % 64 ? random_next(state) % 3 : 3];

        return random_next(state) % wanted;
}

static void write_to(unsigned char *a, size_t bytes, unsigned char value)
{
        if (bytes)
                memset(a, value, bytes);
        if (bytes)
                CHECK(a[bytes - 1] == value);
}

static void *work(void *seed)
{
        unsigned char *block[BLOCKS] = {NULL};
        size_t bytes[BLOCKS] = {0};
        uint64_t state = (uintptr_t)seed;

        for (int i = 0; i < ROUNDS; i++) {
                unsigned at = random_next(&state) % BLOCKS;
                size_t size = random_size(&state);

                for (size_t j = 0; block[at] && j < bytes[at]; j += 1 + bytes[at] / 8)
                        CHECK(block[at][j] == (unsigned char)at);
                switch (random_next(&state) % 5) {
                case 0:
                        block[at] = realloc(block[at], size + 1);
                        bytes[at] = size + 1;
                        break;
                case 1:
                        free(block[at]);
                        block[at] = calloc(1, size);
                        bytes[at] = size;
                        for (size_t j = 0; j < size; j++)
                                CHECK(!block[at][j]);
                        break;
                case 2:
                        free(block[at]);
                        block[at] = memalign((size_t)16 << random_next(&state) % 9, size);
                        bytes[at] = size;
                        break;
                default:
                        free(block[at]);
                        block[at] = malloc(size);
                        bytes[at] = malloc_usable_size(block[at]);
                        CHECK(bytes[at] >= size);
                        break;
                }
                write_to(block[at], bytes[at], (unsigned char)at);
        }
        for (int i = 0; i < BLOCKS; i++)
                free(block[i]);
        return NULL;
}

NOINLINE static void keeps(void)
{
        for (int i = 0; i < 500; i++)
                keep(malloc(24));
}

int main(void)
{
        pthread_t thread[3];

        keeps();
        for (uintptr_t i = 0; i < 3; i++)
                CHECK(!pthread_create(&thread[i], NULL, work, (void *)(i + 1)));
        for (int i = 0; i < 3; i++)
                CHECK(!pthread_join(thread[i], NULL));
        printf("done\n");
        return 0;
}
