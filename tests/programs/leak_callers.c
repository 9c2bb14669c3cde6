/* One function allocates for three callers; each stack is charged alone.
 * expect: live get_block<first<main blocks=1 bytes=1000
 * expect: live get_block<second<main blocks=20 bytes=20*10
 * expect: live get_block<second<third<main blocks=5 bytes=5*10
 * expect: live get_block blocks=26 bytes=1250
 * expect: total get_block sites=3
 * expect: live first blocks=1
 * expect: live second blocks=25
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void *get_block(size_t bytes)
{
        return keep(malloc(bytes));
}

NOINLINE static void first(void)
{
        get_block(1000);
}

NOINLINE static void second(void)
{
        get_block(10);
}

NOINLINE static void third(void)
{
        second();
}

int main(void)
{
        first();
        for (int i = 0; i < 20; i++)
                second();
        for (int i = 0; i < 5; i++)
                third();
        return 0;
}
