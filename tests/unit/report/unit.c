/* Numbers as people read them. */
#include "analyzer/findings/unit.h"

#include <criterion/criterion.h>

#define READS(made, expected) cr_expect_str_eq((made).text, expected)

Test(unit, counts_have_separators_for_thousands)
{
        READS(unit_count(0), "0");
        READS(unit_count(999), "999");
        READS(unit_count(1000), "1,000");
        READS(unit_count(12345678), "12,345,678");
        READS(unit_count(-1), "-1");
        READS(unit_count(-999), "-999");
        READS(unit_count(-123456), "-123,456");
        READS(unit_count(INT64_MAX), "9,223,372,036,854,775,807");
        READS(unit_count(INT64_MIN), "-9,223,372,036,854,775,808");
}

Test(unit, large_counts_can_be_short)
{
        READS(unit_count_short(9999), "9,999");
        READS(unit_count_short(10000), "10.0 k");
        READS(unit_count_short(24691360), "24.7 M");
        READS(unit_count_short(999960000), "1.0 G");
}

Test(unit, bytes_are_binary_with_one_decimal)
{
        READS(unit_bytes(0), "0 B");
        READS(unit_bytes(1023), "1023 B");
        READS(unit_bytes(1024), "1.0 KiB");
        READS(unit_bytes(1536), "1.5 KiB");
        READS(unit_bytes(85144371), "81.2 MiB");
        READS(unit_bytes(-2048), "-2.0 KiB");
        READS(unit_bytes(INT64_MAX), "8.0 EiB");
}

Test(unit, rounding_never_gives_1024_of_a_unit)
{
        READS(unit_bytes(1024 * 1024 - 1), "1.0 MiB");
        READS(unit_bytes(1024 * 1024 - 100), "1023.9 KiB");
        READS(unit_bytes(INT64_C(1024) * 1024 * 1024 - 1), "1.0 GiB");
}

Test(unit, times_take_the_unit_that_fits)
{
        READS(unit_time(0), "0 s");
        READS(unit_time(850), "850 ns");
        READS(unit_time(12400), "12.4 µs");
        READS(unit_time(3200000), "3.2 ms");
        READS(unit_time(7300000000), "7.3 s");
        READS(unit_time(200000000000), "3 min 20 s");
        READS(unit_time(INT64_C(7500) * 1000000000), "2 h 5 min");
        READS(unit_time(INT64_MAX), "2562047 h 47 min");
        READS(unit_time(-1500), "-1.5 µs");
}

Test(unit, forecasts_are_coarse)
{
        READS(unit_forecast(12.3), "12 s");
        READS(unit_forecast(5350), "89 min");
        READS(unit_forecast(39600), "11 h");
        READS(unit_forecast(10.0 * 86400), "10 days");
        READS(unit_forecast(1e12), "years");
}

Test(unit, ratios_are_percent_and_small_ones_are_not_nothing)
{
        READS(unit_ratio(0), "0.0 %");
        READS(unit_ratio(0.0001), "<0.1 %");
        READS(unit_ratio(0.842), "84.2 %");
        READS(unit_ratio(1), "100.0 %");
}

Test(unit, slow_leaks_keep_their_decimal)
{
        READS(unit_rate(0.25), "0.2 B/s");
        READS(unit_rate(12.34), "12.3 B/s");
        READS(unit_rate(12595.2), "12.3 KiB/s");
}

Test(unit, sums_stop_at_the_ends)
{
        cr_expect_eq(saturating_sum(1, 2), 3);
        cr_expect_eq(saturating_sum(INT64_MAX, 1), INT64_MAX);
        cr_expect_eq(saturating_sum(INT64_MIN, -1), INT64_MIN);
}
