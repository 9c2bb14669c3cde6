/* Who uses a thread's state while a call is between enter and leave, or was jumped out of there. */
#include <criterion/criterion.h>
#include <setjmp.h>

#include "preload/thread.h"

static jmp_buf back;

static void jump(void)
{
        longjmp(back, 1);
}

/* Its frame is at the same place whenever the same function calls it. */
__attribute__((noinline, noclone)) static struct thread *call(void (*meanwhile)(void))
{
        struct thread *thread = thread_enter();

        if (meanwhile)
                meanwhile();
        thread_leave(thread);
        return thread;
}

static void interrupt(void)
{
        cr_assert_neq(call(NULL), thread_current);
}

Test(thread, is_not_used_by_two_calls_at_once)
{
        struct thread *first = call(NULL);

        for (int i = 0; i < 3; i++)
                cr_assert_eq(call(interrupt), first);
        cr_assert_eq(thread_current, first);
        cr_assert_null(first->busy);
}

Test(thread, is_not_busy_for_good_when_a_call_was_jumped_out_of)
{
        for (volatile int i = 0; i < 20; i++) {
                struct thread *volatile before = call(NULL);

                cr_assert_eq(before, thread_current);
                if (setjmp(back) == 0)
                        call(jump);
                cr_assert(before->busy);

                struct thread *after = call(NULL);

                cr_assert_neq(after, before);
                cr_assert_eq(after, thread_current);
                cr_assert_null(after->busy);
                cr_assert_neq(before->state, THREAD_FREE, "it may be in the middle of anything");
        }
}

/* What a heap held that was not cut in the middle of a change is used again. */
Test(thread, hands_its_heap_on_when_a_call_was_jumped_out_of)
{
        struct heap *heap = call(NULL)->heap;

        if (setjmp(back) == 0)
                call(jump);
        call(NULL);
        cr_assert(heap->retired || thread_current->heap == heap);
}
