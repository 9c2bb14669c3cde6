/* What a std::function has captured hangs on it; one in a global keeps it, one that is lost loses it.
 * expect: leak captured_kept class=reachable blocks=2
 * expect: leak captured_lost class=definite blocks=1 bytes=32
 * expect: leak captured_lost class=indirect blocks=2 root=captured_lost
 */
#include "leaks.h"
#include <functional>

alignas(8) char place[sizeof(std::function<void()>)];

struct state {
        void *block;
        long numbers[4];
};

static std::function<void()> bind(void *block)
{
        state with = {block, {1, 2, 3, 4}};

        return [with] { free(with.block); };
}

NOINLINE static void captured_kept() { new (place) std::function<void()>(bind(malloc(70))); }
NOINLINE static void captured_lost() { keep(new std::function<void()>(bind(malloc(71)))); }

int main()
{
        captured_kept();
        captured_lost();
        scrub();
        return 0;
}
