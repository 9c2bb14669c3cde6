/* RLIMIT_AS a few MiB above what is in use: malloc fails with ENOMEM where it must, never crashes, and gives memory again
 * when some was freed.
 * expect: exit 0
 * expect: live fills blocks=0
 * expect: total fills allocations>=50
 * expect: process main walk=agrees
 */
#include "program.h"
#include <sys/resource.h>

static long mapped(void)
{
        char line[200];
        long pages = 0;
        FILE *file = fopen("/proc/self/statm", "r");

        if (fgets(line, sizeof line, file))
                pages = atol(line);
        fclose(file);
        return pages * sysconf(_SC_PAGESIZE);
}

NOINLINE static int fills(size_t bytes)
{
        struct link { struct link *next; } *all = NULL, *block;
        int count = 0;

        errno = 0;
        while ((block = malloc(bytes))) {
                block->next = all;
                all = block;
                count++;
        }
        CHECK(errno == ENOMEM);
        while (all) {
                block = all->next;
                free(all);
                all = block;
        }
        return count;
}

int main(void)
{
        struct rlimit limit;

        limit.rlim_cur = limit.rlim_max = (rlim_t)mapped() + (24 << 20);
        CHECK(!setrlimit(RLIMIT_AS, &limit));
        for (int round = 0; round < 3; round++) {
                CHECK(fills(1000000) >= 8);
                CHECK(fills(10000) >= 800);
                CHECK(fills(100) >= 50000);
                CHECK(fills(5000000) >= 1);
        }
        errno = 0;
        CHECK(!malloc(100 << 20) && errno == ENOMEM);
        CHECK(!calloc(100 << 20, 1) && !realloc(NULL, 100 << 20) && !memalign(4096, 100 << 20));
        free(malloc(100));
        return 0;
}
