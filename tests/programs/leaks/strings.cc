/* The text of a std::string belongs to the string: to a global one, to one on the heap, to a lost one.
 * expect: leak text_global class=reachable blocks=1 bytes=101
 * expect: leak text_kept class=reachable blocks=2 bytes=32+201
 * expect: leak text_lost class=definite blocks=1 bytes=32
 * expect: leak text_lost class=indirect blocks=1 bytes=301 root=text_lost
 * expect: leak short_lost class=definite blocks=1 bytes=32
 */
#include "leaks.h"
#include <string>

/* Never destroyed. */
alignas(std::string) char global[sizeof(std::string)];
std::string *volatile kept;

NOINLINE static void text_global() { new (global) std::string(100, 'g'); }
NOINLINE static void text_kept() { kept = new std::string(200, 'k'); }
NOINLINE static void text_lost() { keep(new std::string(300, 'l')); }
NOINLINE static void short_lost() { keep(new std::string("short")); }

int main()
{
        text_global();
        text_kept();
        text_lost();
        short_lost();
        scrub();
        return 0;
}
