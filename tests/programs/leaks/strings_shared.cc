/* The older std::string keeps the address of its text, behind length, capacity and count of the block.
 * build: $CXX $FLAGS -D_GLIBCXX_USE_CXX11_ABI=0 -o $EXE $SRC
 * expect: leak text_kept class=reachable blocks=1 bytes=24+101
 * expect: leak text_of_vector class=reachable blocks=1 bytes=24+201
 * expect: leak text_lost class=definite blocks=1 bytes=8
 * expect: leak text_lost class=indirect blocks=1 bytes=24+301 root=text_lost
 */
#include "leaks.h"
#include <string>

alignas(std::string) char global[sizeof(std::string)];
std::string *volatile kept;

NOINLINE static void text_kept() { new (global) std::string(100, 'g'); }
NOINLINE static std::string text_of_vector() { return std::string(200, 'v'); }
NOINLINE static std::string *vector() { return new std::string(text_of_vector()); }
NOINLINE static void text_lost() { keep(new std::string(300, 'l')); }

int main()
{
        text_kept();
        kept = vector();
        text_lost();
        scrub();
        return 0;
}
