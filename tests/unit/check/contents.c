/* Canaries and fills: every change is seen, and nothing else is. */
#include "preload/check/contents.h"

#include <criterion/criterion.h>
#include <string.h>

static unsigned char block[4096];

Test(contents, a_canary_that_stands_is_no_change)
{
        for (size_t size = 0; size < 300; size++) {
                contents_put_canary(block, size, 300);
                cr_expect_eq(contents_check_canary(block, size, 300).bytes, 0);
        }
}

Test(contents, every_byte_of_a_canary_is_seen_to_change)
{
        struct contents_change change;

        for (size_t at = 40; at < 64; at++) {
                contents_put_canary(block, 40, 64);
                block[at] ^= 1;
                change = contents_check_canary(block, 40, 64);
                cr_expect_eq(change.offset, at);
                cr_expect_eq(change.bytes, 1);
        }
        contents_put_canary(block, 40, 64);
        memset(block + 41, 0, 3);
        change = contents_check_canary(block, 40, 64);
        cr_expect_eq(change.offset, 41);
        cr_expect_eq(change.bytes, 3, "no byte of a canary is zero");
}

Test(contents, a_canary_stays_in_the_slack)
{
        memset(block, 0xaa, sizeof block);
        contents_put_canary(block + 16, 40, 64);
        for (size_t i = 0; i < sizeof block; i++)
                cr_assert(block[i] == 0xaa || (i >= 56 && i < 80));
}

Test(contents, little_slack_has_no_canary_and_much_has_one_at_its_begin)
{
        memset(block, 0xaa, sizeof block);
        contents_put_canary(block, 93, 100);
        for (size_t i = 0; i < 100; i++)
                cr_assert_eq(block[i], 0xaa);
        cr_expect_eq(contents_check_canary(block, 93, 100).bytes, 0);
        contents_put_canary(block, 1000, 4000);
        cr_expect_neq(block[1000], 0xaa);
        cr_expect_eq(block[1000 + CONTENTS_CANARY_MAX], 0xaa);
}

Test(contents, a_canary_copied_elsewhere_is_a_change)
{
        contents_put_canary(block, 40, 64);
        memcpy(block + 1000, block, 64);
        cr_expect_neq(contents_check_canary(block + 1000, 40, 64).bytes, 0);
}

Test(contents, every_byte_of_a_fill_is_seen_to_change)
{
        struct contents_change change;

        cr_expect_eq(contents_check_fill(block, 0, 7).bytes, 0);
        for (size_t at = 0; at < 200; at++) {
                memset(block, CONTENTS_JUNK, 200);
                cr_expect_eq(contents_check_fill(block, 200, CONTENTS_JUNK).bytes, 0);
                block[at]++;
                change = contents_check_fill(block, 200, CONTENTS_JUNK);
                cr_expect_eq(change.offset, at);
                cr_expect_eq(change.bytes, 1);
        }
        memset(block, 1, 200);
        cr_expect_eq(contents_check_fill(block, 200, CONTENTS_JUNK).bytes, 200, "all alike, but not what it was");
}
