/* An object of several bases that is known only by its second base, whose pointer lies within it, is reachable.
 * expect: leak by_second class=reachable blocks=1 bytes=48
 * expect: leak by_first class=reachable blocks=1 bytes=48
 * expect: leak by_none class=definite blocks=1 bytes=48
 * expect: leak by_virtual class=reachable blocks=1
 */
#include "leaks.h"

struct first {
        long a = 1, b = 2;
        virtual ~first() {}
        virtual long number() { return a; }
};
struct second {
        long c = 3;
        virtual ~second() {}
        virtual long other() { return c; }
};
struct both : first, second {
        long d = 4;
        long number() override { return d; }
        long other() override { return d; }
};
struct shared_left : virtual first {
        long e = 5;
};
struct shared_both : shared_left, second {
        long f = 6;
};

first *volatile kept_first, *volatile kept_virtual;
second *volatile kept_second;

NOINLINE static void by_second() { kept_second = new both; }
NOINLINE static void by_first() { kept_first = new both; }
NOINLINE static void by_none() { keep(new both); }
NOINLINE static void by_virtual() { kept_virtual = new shared_both; }

int main()
{
        by_second();
        by_first();
        by_none();
        by_virtual();
        scrub();
        return 0;
}
