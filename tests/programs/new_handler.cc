/* operator new that cannot serve calls the new handler, then throws bad_alloc; the nothrow form returns nullptr.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live in_handler blocks=2 bytes=2*15
 * expect: live main blocks=2
 * expect: walk agrees
 */
#include "program.h"
#include <new>
#include <vector>

static int handler_calls;

NOINLINE static void in_handler()
{
        keep(malloc(15));
        if (++handler_calls == 2)
                std::set_new_handler(nullptr);
}

int main()
{
        quiet_streams();
        volatile size_t much = (size_t)PTRDIFF_MAX - 100000;
        int caught = 0;

        CHECK(!keep(operator new(much, std::nothrow)));
        try {
                keep(operator new(much));
        } catch (const std::bad_alloc &error) {
                puts(error.what());
                caught++;
        }
        try {
                std::vector<char> bytes(much);
        } catch (const std::bad_alloc &) {
                caught++;
        }
        std::set_new_handler(in_handler);
        try {
                keep(new char[much]);
        } catch (const std::bad_alloc &) {
                caught++;
        }
        CHECK(handler_calls == 2 && caught == 3);
        return 0;
}
