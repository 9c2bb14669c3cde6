/* Small blocks on one thread: batches of 16 to 128 bytes, filled and then freed in three orders. */
#include <string.h>

#include "bench.h"

enum { BATCH = 1000 };

struct node {
        uint32_t size;
        char text[];
};

static struct node *node_new(uint64_t *random)
{
        uint32_t size = 16 + (uint32_t)(bench_random(random) >> 32) % 113;
        struct node *node = (struct node *)bench_touch(malloc(size), size);

        node->size = size;
        memset(node->text, 'x', size - sizeof *node);
        return node;
}

static void batch_fill(struct node **batch, uint64_t *random)
{
        for (int i = 0; i < BATCH; i++)
                batch[i] = node_new(random);
}

static uint64_t batch_free(struct node **batch, long order)
{
        uint64_t sum = 0;

        for (int i = 0; i < BATCH; i++) {
                int index = order == 0 ? i : order == 1 ? BATCH - 1 - i : (i * 7919) % BATCH;

                sum += batch[index]->size;
                free(batch[index]);
        }
        return sum;
}

int main(int argc, char **argv)
{
        static struct node *batch[BATCH];
        long rounds = bench_rounds(argc, argv, 15000);
        uint64_t random = 1, sum = 0;

        for (long i = 0; i < rounds; i++) {
                batch_fill(batch, &random);
                sum += batch_free(batch, i % 3);
        }
        printf("%llu\n", (unsigned long long)sum);
        return 0;
}
