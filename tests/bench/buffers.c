/* Growing buffers of up to a GiB: one grows by half its size at a time, pairs of others by small steps. Every other
 * page of what they get is written, so that the work itself is there, and it shows who copies and who moves the pages.
 */
#include "bench.h"

static const size_t page = 4096, mib = 1 << 20;

static uint64_t grow(char **buffer, size_t used, size_t size)
{
        uint64_t sum = 0;

        *buffer = bench_touch(realloc(*buffer, size), size);
        for (size_t i = used; i < size; i += 2 * page)
                sum += (unsigned char)((*buffer)[i] = (char)(i / page));
        return sum;
}

static uint64_t by_halves(size_t bytes_first, size_t bytes_max)
{
        char *buffer = NULL;
        uint64_t sum = 0;
        size_t used = 0;

        for (size_t size = bytes_first; size <= bytes_max; size += size / 2) {
                sum += grow(&buffer, used, size);
                used = size;
        }
        free(buffer);
        return sum;
}

/* Two side by side, so that neither can simply become longer where it lies. */
static uint64_t by_steps(size_t bytes_max, size_t step)
{
        char *buffers[2] = {NULL, NULL};
        uint64_t sum = 0;

        for (size_t size = step; size <= bytes_max; size += step)
                for (int i = 0; i < 2; i++)
                        sum += grow(&buffers[i], size - step, size);
        free(buffers[0]);
        free(buffers[1]);
        return sum;
}

int main(int argc, char **argv)
{
        long rounds = bench_rounds(argc, argv, 1);
        uint64_t sum = 0;

        for (long i = 0; i < rounds; i++) {
                sum += by_steps(mib, mib / 64);
                sum += by_steps(16 * mib, mib);
                sum += by_halves(18 * mib, 1024 * mib); /* 18 MiB times 1.5 to the tenth is a little less than 1 GiB */
        }
        printf("%llu\n", (unsigned long long)sum);
        return 0;
}
