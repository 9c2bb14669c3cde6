/* Two objects that own each other are never destroyed; a pointer that was released and dropped is lost; one that was moved
 * to a global is not.
 * expect: leak circle class=lost blocks=2
 * expect: leak circle class=definite blocks=1
 * expect: leak released class=definite blocks=1 bytes=64
 * expect: leak moved class=reachable blocks=1 bytes=80
 * expect: leak weak class=reachable blocks=1
 */
#include "leaks.h"
#include <memory>

struct owner {
        std::shared_ptr<owner> other;
};
struct released_object {
        char bytes[64];
};
struct moved_object {
        char bytes[80];
};

std::unique_ptr<moved_object> *volatile kept;
std::weak_ptr<owner> *volatile watch;
alignas(8) char kept_place[sizeof *kept], watch_place[sizeof *watch];

NOINLINE static void circle()
{
        auto a = std::make_shared<owner>(), b = std::make_shared<owner>();

        a->other = b;
        b->other = a;
}

NOINLINE static void released()
{
        auto pointer = std::make_unique<released_object>();

        keep(pointer.release());
}

NOINLINE static void moved()
{
        auto pointer = std::make_unique<moved_object>();

        kept = new (kept_place) std::unique_ptr<moved_object>(std::move(pointer));
}

/* The object is gone, its counters are kept. */
NOINLINE static void weak()
{
        watch = new (watch_place) std::weak_ptr<owner>(std::make_shared<owner>());
}

int main()
{
        circle();
        released();
        moved();
        weak();
        scrub();
        return 0;
}
