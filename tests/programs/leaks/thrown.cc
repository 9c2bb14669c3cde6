/* A block that only a frame knew is lost when an exception passes it; an exception that is kept is known by
 * an address within its block, behind what the runtime keeps there.
 * expect: leak passed_by class=definite blocks=1 bytes=55
 * expect: leak carried class=possible blocks=1 bytes=66
 * expect: leak kept_exception class=possible blocks=1
 */
#include "leaks.h"
#include <exception>

struct trouble {
        void *block;
};

alignas(8) char place[sizeof(std::exception_ptr)];

NOINLINE static void *carried() { return malloc(66); }
NOINLINE static void kept_exception(void *block) { new (place) std::exception_ptr(std::make_exception_ptr(trouble{block})); }

NOINLINE static void raise() { throw 1; }

NOINLINE static void passed_by()
{
        void *block = keep(malloc(55));

        raise();
        free(block);
}

int main()
{
        try {
                passed_by();
        } catch (int) {
        }
        kept_exception(carried());
        scrub();
        return 0;
}
