/* Random sizes with a working set, as in random.c, but every block is filled when it is made and read before it goes:
 * what a program asks for memory for. */
#include "bench.h"

enum { BLOCKS = 20000 };

struct record {
        uint32_t size;
        unsigned char bytes[];
};

static struct record *record_new(uint64_t *random)
{
        uint32_t size = (uint32_t)bench_size(random, 11);
        struct record *record = malloc(sizeof *record + size);
        uint64_t bits = bench_random(random);

        if (!record)
                abort();
        record->size = size;
        for (uint32_t i = 0; i < size; i++)
                record->bytes[i] = (unsigned char)(bits >> i % 57);
        return record;
}

/* Adler's checksum: each step needs the one before. */
static uint32_t record_sum(const struct record *record)
{
        uint32_t low = 1, high = 0;

        for (uint32_t i = 0; i < record->size; i++) {
                low = (low + record->bytes[i]) % 65521;
                high = (high + low) % 65521;
        }
        return high << 16 | low;
}

int main(int argc, char **argv)
{
        static struct record *records[BLOCKS];
        long rounds = bench_rounds(argc, argv, 1500000);
        uint64_t random = 12, sum = 0;

        for (long i = 0; i < rounds; i++) {
                struct record **slot = &records[bench_random(&random) % BLOCKS];

                if (*slot)
                        sum += record_sum(*slot);
                free(*slot);
                *slot = record_new(&random);
        }
        for (int i = 0; i < BLOCKS; i++)
                free(records[i]);
        printf("%llu\n", (unsigned long long)sum);
        return 0;
}
