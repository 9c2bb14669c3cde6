/* Ranges, and what is left outside of them. */
#include "preload/leaks/own.h"

#include <criterion/criterion.h>

static struct own_range memory[16];

static struct own some(void)
{
        struct own own = {.range = memory, .max = 16};

        own_add(&own, (void *)0x9000, 0x1000);
        own_add(&own, (void *)0x3000, 0x2000);
        own_add(&own, (void *)0x4000, 0x2000); /* overlaps */
        own_add(&own, (void *)0x3800, 0x100);  /* within another */
        own_add(&own, (void *)0xa000, 0x1000); /* touches */
        own_sort(&own);
        return own;
}

Test(own, ranges_that_overlap_or_touch_become_one)
{
        struct own own = some();

        cr_assert_eq(own.count, 2);
        cr_assert(own_holds(&own, 0x3000));
        cr_assert(own_holds(&own, 0x5fff));
        cr_assert_not(own_holds(&own, 0x6000));
        cr_assert(own_holds(&own, 0xafff));
}

Test(own, pieces_outside)
{
        struct own own = some();
        uintptr_t start, end;

        cr_assert(own_outside(&own, 0x1000, 0xc000, &start, &end));
        cr_assert_eq(start, 0x1000);
        cr_assert_eq(end, 0x3000);
        cr_assert(own_outside(&own, 0x3000, 0xc000, &start, &end));
        cr_assert_eq(start, 0x6000);
        cr_assert_eq(end, 0x9000);
        cr_assert(own_outside(&own, 0x9800, 0xc000, &start, &end));
        cr_assert_eq(start, 0xb000);
        cr_assert_eq(end, 0xc000);
        cr_assert_not(own_outside(&own, 0x3100, 0x5f00, &start, &end));
        cr_assert_not(own_outside(&own, 0x5000, 0x6000, &start, &end));
}

Test(own, too_many_are_told)
{
        struct own own = {.range = memory, .max = 2};

        for (unsigned i = 0; i < 3; i++)
                own_add(&own, (void *)(uintptr_t)(i * 0x1000), 1);
        cr_assert_eq(own.count, 2);
        cr_assert(own.incomplete);
}
