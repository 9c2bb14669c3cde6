/* What stands in a block behind the bytes that were asked for, or in a block that was freed, keeps nothing.
 * expect: leak behind_the_end class=definite blocks=1 bytes=200
 * expect: leak in_freed class=definite blocks=50 bytes=50*300
 * lsan: differs lost 50/15000 possible 0/0: its malloc_usable_size is what was asked for, so that there is no place behind it
 * memcheck: differs lost 50/15000 possible 0/0: its malloc_usable_size is what was asked for, so that there is no place behind it
 */
#include "leaks.h"

void *volatile root;
void *volatile freed[50];

NOINLINE static void *behind_the_end(void) { return malloc(200); }
NOINLINE static void *in_freed(void) { return malloc(300); }

NOINLINE static void fill(void)
{
        for (size_t bytes = 104; bytes < 4000 && !root; bytes += 8) {
                char *block = malloc(bytes);

                if (malloc_usable_size(block) >= bytes + 8) {
                        *(void **)(block + bytes) = behind_the_end();
                        root = block;
                } else {
                        free(block);
                }
        }
        for (int i = 0; i < 50; i++) {
                void **block = malloc(500);

                for (int at = 10; at < 60; at++)
                        block[at] = NULL;
                block[20] = in_freed();
                freed[i] = block;
        }
        for (int i = 0; i < 50; i++)
                free(freed[i]);
}

int main(void)
{
        fill();
        scrub();
        return root ? 0 : 77;
}
