/* The process has nearly as many mappings as the kernel allows. What malloc cannot get is NULL and ENOMEM; frees work,
 * and when mappings are there again, so does everything. */
#include "hosts.h"

enum { PAGE = 4096, MAPPINGS_MAX = 1000000, BLOCKS = 3000 };

static long mappings_max(void)
{
        FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
        long count = 0;

        CHECK(file && fscanf(file, "%ld", &count) == 1);
        fclose(file);
        return count;
}

static size_t size_of(size_t i)
{
        return i % 100 == 0 ? 5000000 : i % 10 == 0 ? 200000 : i % 3000 + 1;
}

static void allocate_all(void **block, int must)
{
        for (size_t i = 0; i < BLOCKS; i++) {
                errno = 0;
                block[i] = malloc(size_of(i));
                CHECK(block[i] ? 1 : !must && errno == ENOMEM);
                if (block[i])
                        memset(block[i], 1, 16 < size_of(i) ? 16 : size_of(i));
        }
        for (size_t i = 0; i < BLOCKS; i += 2)
                if (block[i]) {
                        void *moved = realloc(block[i], 2 * size_of(i));

                        CHECK(moved || (!must && errno == ENOMEM));
                        block[i] = moved ? moved : block[i];
                }
        for (size_t i = 0; i < BLOCKS; i++)
                free(block[i]);
}

int main(void)
{
        static void *block[BLOCKS];
        long count = 0, most = mappings_max();
        char *area;

        if (most > MAPPINGS_MAX) {
                puts("the limit is too high to reach");
                return 0;
        }
        allocate_all(block, 1);
        area = mmap(NULL, (size_t)most * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        CHECK(area != MAP_FAILED);
        while (count < most && !mprotect(area + count * PAGE, PAGE, PROT_READ))
                count += 2;
        CHECK(count < most + 2);
        allocate_all(block, 0);
        CHECK(!munmap(area, (size_t)most * PAGE));
        allocate_all(block, 1);
        puts("whole");
        return 0;
}
