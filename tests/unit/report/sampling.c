/* Intervals of estimates. */
#include "analyzer/analyses/sampling.h"

#include <criterion/criterion.h>
#include <math.h>

enum { ONE = 1 << 20 }; /* the spread of one small block */

static const struct evidence evidence = {.sample_rate = 65536}, exact;

/* One block that stands for 64 KiB: the truth lies with 95 % between a sixth and nearly six times of it. */
Test(sampling, one_block_says_little)
{
        struct interval interval = sampling_bytes(&evidence, 65536, ONE);

        cr_expect(interval.low > 65536 / 7 && interval.low < 65536 / 5, "%ld", (long)interval.low);
        cr_expect(interval.high > 5 * 65536 && interval.high < 6 * 65536, "%ld", (long)interval.high);
}

Test(sampling, many_blocks_say_more)
{
        struct interval interval = sampling_bytes(&evidence, INT64_C(10000) * 65536, INT64_C(10000) * ONE);

        cr_expect(fabs((double)interval.low / 65536 - 9806) < 1, "%ld", (long)interval.low);
        cr_expect(fabs((double)interval.high / 65536 - 10198) < 1, "%ld", (long)interval.high);
}

Test(sampling, what_is_certain_is_a_point)
{
        struct interval interval = sampling_bytes(&evidence, 1000000, 0);

        cr_expect_eq(interval.low, 1000000);
        cr_expect_eq(interval.high, 1000000);
        interval = sampling_bytes(&exact, 1000000, 12345);
        cr_expect_eq(interval.low, 1000000);
        interval = sampling_count(&exact, 100, 100);
        cr_expect_eq(interval.high, 100);
}

Test(sampling, counts_have_intervals_too)
{
        struct interval interval = sampling_count(&evidence, 100 * 4096, INT64_C(100) * 4096 * 4096);

        cr_expect(interval.low > 82 * 4096 && interval.low < 83 * 4096, "%ld", (long)interval.low);
        cr_expect(interval.high > 121 * 4096 && interval.high < 122 * 4096, "%ld", (long)interval.high);
}

Test(sampling, nonsense_gives_no_nonsense)
{
        struct interval interval = sampling_bytes(&evidence, -5, ONE);

        cr_expect_eq(interval.low, -5);
        interval = sampling_bytes(&evidence, INT64_C(1) << 58, -1);
        cr_expect_eq(interval.high, INT64_C(1) << 58);
        interval = sampling_bytes(&evidence, 1, INT64_C(1) << 58);
        cr_expect(interval.low >= 0 && interval.high > 0);
}
