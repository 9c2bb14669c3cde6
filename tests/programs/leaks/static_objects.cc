/* What destructors of static objects free at the end is no leak, nor what functions of atexit and on_exit free.
 * expect: total by_object allocations=12 frees=12
 * expect: total by_atexit allocations=1 frees=1
 * expect: no leaks
 */
#include "leaks.h"
#include <string>
#include <vector>

struct object {
        std::vector<std::string> texts;
        void fill();
};

NOINLINE static std::string by_object() { return std::string(100, 'o'); }

void object::fill()
{
        for (int i = 0; i < 12; i++)
                texts.push_back(by_object());
}

static object global;
static void *block;

NOINLINE static void by_atexit() { block = malloc(99); }

int main()
{
        static object local;

        for (int i = 0; i < 6; i++)
                local.texts.emplace_back(50, 'l');
        global.fill();
        by_atexit();
        atexit([] { free(block); });
        scrub();
        return 0;
}
