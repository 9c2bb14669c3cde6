/* Exceptions fly through frames that allocate and through callbacks of the C library; destructors run, catch clauses are
 * found, and the exception objects themselves are charged to who throws.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: total thrower allocations=1001 frees=1001
 * expect: total deep<deep<deep<deep<catcher allocations>=1000
 * expect: live deep blocks=0
 * expect: live thrower blocks=0
 * expect: live catcher blocks<=1
 * expect: total order<...<sorts allocations>=1
 * expect: walk agrees
 */
#include "program.h"
#include <exception>
#include <memory>

struct number { int value; };

NOINLINE static void thrower(int value)
{
        if (value >= 0)
                throw number{value};
}

NOINLINE static void deep(int depth, int value)
{
        auto held = std::make_unique<char[]>((size_t)(depth + 1) * 100);

        keep(held.get());
        if (depth)
                deep(depth - 1, value);
        else
                thrower(value);
        keep(held.get());
}

NOINLINE static int catcher(int value)
{
        try {
                deep(3, value);
        } catch (const number &caught) {
                free(keep(malloc(10)));
                return caught.value;
        }
        return -1;
}

static int order(const void *, const void *)
{
        free(keep(malloc(20)));
        throw number{7};
}

NOINLINE static void sorts()
{
        int numbers[10] = {3, 1, 2};

        try {
                qsort(numbers, 10, sizeof *numbers, order);
        } catch (const number &caught) {
                CHECK(caught.value == 7);
                return;
        }
        CHECK(!"caught");
}

int main()
{
        for (int i = 0; i < 1000; i++)
                CHECK(catcher(i) == i);
        sorts();
        try {
                std::exception_ptr kept;
                try {
                        thrower(5);
                } catch (...) {
                        kept = std::current_exception();
                }
                std::rethrow_exception(kept);
        } catch (const number &caught) {
                CHECK(caught.value == 5);
        }
        return 0;
}
