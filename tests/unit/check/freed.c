/* The table of latest frees. */
#include "preload/check/freed.h"

#include <criterion/criterion.h>

Test(freed, what_was_noted_is_known_and_nothing_else)
{
        cr_expect_eq(freed_stack((void *)0x1000), 0, "before there is a table");
        freed_note((void *)0x1000, 5);
        cr_assert(freed_open());
        cr_expect_eq(freed_stack((void *)0x1000), 0);
        freed_note((void *)0x7fff12345670, 0x3ffffff);
        cr_expect_eq(freed_stack((void *)0x7fff12345670), 0x3ffffff);
        freed_note((void *)0x7fff12345670, 6);
        cr_expect_eq(freed_stack((void *)0x7fff12345670), 6);
        cr_expect_eq(freed_stack((void *)0x7fff12345680), 0);
}

Test(freed, the_latest_frees_are_known)
{
        unsigned known = 0;

        cr_assert(freed_open());
        for (uintptr_t i = 1; i <= 200000; i++) {
                freed_note((void *)(i * 16), (uint32_t)i);
                cr_assert_eq(freed_stack((void *)(i * 16)), i);
        }
        for (uintptr_t i = 1; i <= 200000; i++) {
                uint32_t stack = freed_stack((void *)(i * 16));

                cr_assert(stack == 0 || stack == i, "never another's");
                known += stack != 0;
        }
        cr_assert_gt(known, 50000);
}
