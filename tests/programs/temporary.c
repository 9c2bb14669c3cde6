/* churn frees before its next allocation, pair does not; the counts of temporary blocks are exact.
 * expect: total churn allocations=100000 frees=100000 temporary=100000 requested=100000*24
 * expect: total pair allocations=20000 frees=20000 temporary=10000
 * expect: live churn blocks=0
 * expect: total held allocations=10 frees=10 temporary=0
 * expect: process main allocations=120010..120020
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void churn(void)
{
        free(keep(malloc(24)));
}

NOINLINE static void pair(void) /* the second is freed at once, the first is not */
{
        void *a = keep(malloc(32)), *b = keep(malloc(32));

        free(b);
        free(a);
}

NOINLINE static void *held(void)
{
        return keep(malloc(40));
}

int main(void)
{
        void *blocks[10];

        for (int i = 0; i < 10; i++)
                blocks[i] = held();
        for (int i = 0; i < 100000; i++)
                churn();
        for (int i = 0; i < 10000; i++)
                pair();
        for (int i = 0; i < 10; i++)
                free(blocks[i]);
        return 0;
}
