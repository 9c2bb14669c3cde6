/* A forked child finds its parent's slabs sparse, but the blocks that pin them are its parent's: its own code is charged
 * with what it pins itself. 10 slabs with blocks of 256 bytes in the parent, 10 with blocks of 2048 in the child.
 * expect: total survives in main pinned_bytes=8*256*255..10*256*255 pinned_slabs=8..10
 * expect: total survives in fork pinned_bytes=8*2048*31..10*2048*31 pinned_slabs=8..10
 * expect: sql SELECT empty_pinned > (SELECT sum(pinned_bytes) FROM site WHERE process = process.id) + 8 * 256 * 255 FROM
 *         process WHERE kind = 'fork' => 1
 * expect: first waste survives
 * expect: processes 2
 * expect: empty agrees
 * expect: walk agrees
 */
#include "program.h"
#include <sys/wait.h>

static void *blocks[256 * 10];

NOINLINE static void *passes(size_t size) { return keep(malloc(size)); }
NOINLINE static void *survives(size_t size) { return keep(malloc(size)); }

static void leave_few(size_t size)
{
        size_t a_slab = 65536 / size;

        for (size_t i = 0; i < a_slab * 10; i++)
                blocks[i] = i % a_slab ? passes(size) : survives(size);
        for (size_t i = 0; i < a_slab * 10; i++)
                if (i % a_slab)
                        free(blocks[i]);
}

int main(void)
{
        int status;
        pid_t child;

        leave_few(256);
        child = fork();
        if (child == 0) {
                leave_few(2048);
                exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        return 0;
}
