/* What a global points at is still reachable: in .bss, in .data, in a static of a function, in an array, in a union.
 * expect: leak in_bss class=reachable blocks=1 bytes=101
 * expect: leak in_data class=reachable blocks=1 bytes=102
 * expect: leak in_static class=reachable blocks=1 bytes=103
 * expect: leak in_array class=reachable blocks=100 bytes=100*104
 * expect: leak in_union class=reachable blocks=1 bytes=105
 * expect: no leaks
 */
#include "leaks.h"

void *volatile bss;
void *volatile data = (void *)&bss;
void *volatile array[100];
union {
        double number;
        void *volatile pointer;
} both;

NOINLINE static void in_bss(void) { bss = malloc(101); }
NOINLINE static void in_data(void) { data = malloc(102); }
NOINLINE static void in_array(int i) { array[i] = malloc(104); }
NOINLINE static void in_union(void) { both.pointer = malloc(105); }

NOINLINE static void in_static(void)
{
        static void *volatile hidden;

        *(void *volatile *)keep((void *)&hidden) = malloc(103);
}

int main(void)
{
        in_bss();
        in_data();
        in_static();
        for (int i = 0; i < 100; i++)
                in_array(i);
        in_union();
        scrub();
        return 0;
}
