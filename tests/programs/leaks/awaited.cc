/* The frame of a coroutine that was never resumed lives by its handle, and so does what stands in it.
 * build: $CXX $FLAGS -std=gnu++20 -o $EXE $SRC
 * expect: leak held class=reachable blocks=1 bytes=77
 * expect: leak suspend class=reachable blocks=1
 * expect: leak dropped class=indirect blocks=1 bytes=78 root=suspend_dropped
 * expect: leak suspend_dropped class=definite blocks=1
 */
#include "leaks.h"
#include <coroutine>

struct task {
        struct promise_type {
                task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
                std::suspend_never initial_suspend() noexcept { return {}; }
                std::suspend_always final_suspend() noexcept { return {}; }
                void return_void() {}
                void unhandled_exception() {}
        };
        std::coroutine_handle<promise_type> handle;
};

void *volatile kept;

NOINLINE static void *held() { return malloc(77); }
NOINLINE static void *dropped() { return malloc(78); }

NOINLINE static task suspend(void *block)
{
        co_await std::suspend_always();
        free(block);
}

NOINLINE static task suspend_dropped(void *block)
{
        co_await std::suspend_always();
        free(block);
}

NOINLINE static void start()
{
        kept = suspend(held()).handle.address();
        keep(suspend_dropped(dropped()).handle.address());
}

int main()
{
        start();
        scrub();
        return 0;
}
