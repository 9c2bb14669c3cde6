/* With --encode-links what a program writes over the link of a free block does not lead the allocator astray: the list is
 * given up, the block is named, and all blocks handed out since are whole.
 * options: --encode-links
 * compare: nothing
 * modes: traced
 * expect: exit 0
 * expect: sql SELECT block_bytes, block_kind, symbol.function FROM error JOIN stack_frame ON stack_frame.stack = alloc_stack
     JOIN symbol ON symbol.frame = stack_frame.frame WHERE error.kind = 'link' AND position = 0 => 100|malloc|block
 * expect: sql SELECT sum(count) FROM error => 1
 * expect: walk agrees
 */
#include "program.h"

static char secret[200];

NOINLINE static char *block(size_t bytes)
{
        return keep(malloc(bytes));
}

int main(void)
{
        char *a[100], *b[2000];
        uintptr_t forged = (uintptr_t)secret, seen;

        for (int i = 0; i < 100; i++)
                a[i] = block(100);
        for (int i = 0; i < 50; i++)
                free(a[i]);
        memcpy(&seen, a[49], sizeof seen);
        CHECK(seen != (uintptr_t)a[48]); /* the link cannot be read either */
        memcpy(a[40], &forged, sizeof forged);
        for (int i = 0; i < 2000; i++) {
                b[i] = memset(block(100), 0, 100);
                *(int *)b[i] = i;
                CHECK(b[i] < secret || b[i] >= secret + sizeof secret);
        }
        for (int i = 0; i < 2000; i++)
                CHECK(*(int *)b[i] == i);
        for (int i = 0; i < 2000; i++)
                free(b[i]);
        for (int i = 50; i < 100; i++)
                free(a[i]);
        return 0;
}
