/* An array of objects with destructors begins with their count, and the program keeps the address behind it.
 * expect: leak array_kept class=reachable blocks=1 bytes=8+10*24
 * expect: leak array_empty class=reachable blocks=1 bytes=8
 * expect: leak array_lost class=definite blocks=1 bytes=8+20*24
 * expect: leak array_middle class=possible blocks=1 bytes=8+30*24
 * memcheck: differs lost 2/496 possible 1/728: it takes the pointer behind the count of an empty array for one behind the block
 */
#include "leaks.h"

struct object {
        void *a, *b, *c;
        ~object() { keep(this); }
};

object *volatile kept, *volatile empty, *volatile middle;

NOINLINE static void array_kept() { kept = new object[10](); }
NOINLINE static void array_lost() { keep(new object[20]()); }
NOINLINE static void array_middle() { middle = new object[30]() + 3; }
NOINLINE static void array_empty(int count) { empty = new object[count](); }

int main()
{
        array_kept();
        array_empty(0);
        array_lost();
        array_middle();
        scrub();
        return 0;
}
