/* Text and JSON of tables that are made here. */
#include "analyzer/reports/formats.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *printed(const struct findings *findings, const struct report_options *options)
{
        char *text;
        size_t bytes;
        FILE *out = open_memstream(&text, &bytes);

        report_write(findings, "p.heap", out, options);
        fclose(out);
        return text;
}

static struct table *add_numbers(struct findings *findings, int64_t rows)
{
        struct table *table = table_create("numbers", "NUMBERS");

        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_column(table, "share", "share", UNIT_RATIO, true);
        table_column(table, "word", "word", UNIT_TEXT, false);
        for (int64_t i = 0; i < rows; i++) {
                table_row(table, NULL);
                table_put(table, 1000 * (rows - i));
                table_put_real(table, 0.1);
                table_put_text(table, "w");
        }
        findings_add(findings, table);
        return table;
}

static void expect_in(const struct findings *findings, struct report_options options, const char *expected, bool there)
{
        char *text = printed(findings, &options);

        cr_expect_eq(strstr(text, expected) != NULL, there, "%s is %s in:\n%s", expected, there ? "not" : "", text);
        free(text);
}

Test(report, formats_are_found_by_name)
{
        enum report_format format;

        cr_expect(report_format_parse("text", &format) && format == REPORT_TEXT);
        cr_expect(report_format_parse("json", &format) && format == REPORT_JSON);
        cr_expect_not(report_format_parse("html", &format));
}

Test(report, text_shows_ten_rows_and_adds_up_the_rest)
{
        struct findings findings = {0};

        findings_title(&findings, "1", "headline");
        add_numbers(&findings, 12);
        expect_in(&findings, (struct report_options){0}, "… 2 more", true);
        expect_in(&findings, (struct report_options){0}, "2.9 KiB  20.0 %", true);
        expect_in(&findings, (struct report_options){.top = 11}, "… 1 more", true);
        expect_in(&findings, (struct report_options){.top = -1}, "more", false);
        findings_free(&findings);
}

Test(report, json_has_all_rows_unless_told_otherwise)
{
        struct findings findings = {0};

        findings_title(&findings, "1", "headline");
        add_numbers(&findings, 12);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON}, "\"omitted\": {}", true);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON, .top = 5}, "\"numbers\": 7", true);
        findings_free(&findings);
}

Test(report, warnings_come_before_everything_else)
{
        struct findings findings = {0};

        findings_title(&findings, "1", "headline");
        findings_warn(&findings, "%d events were lost", 3);
        add_numbers(&findings, 1);

        char *text = printed(&findings, &(struct report_options){0});

        cr_expect_lt(strstr(text, "! 3 events were lost"), strstr(text, "NUMBERS"));
        free(text);
        findings_free(&findings);
}

Test(report, color_comes_only_when_asked_for)
{
        struct findings findings = {0};

        findings_title(&findings, "1", "headline");
        add_numbers(&findings, 1);
        expect_in(&findings, (struct report_options){0}, "\033", false);
        expect_in(&findings, (struct report_options){.color = true}, "\033[1m", true);
        expect_in(&findings, (struct report_options){.color = true, .format = REPORT_JSON}, "\033", false);
        findings_free(&findings);
}

Test(report, names_cannot_steer_the_terminal_or_break_json)
{
        struct findings findings = {0};
        struct table *table;

        findings_title(&findings, "1", "\033]0;title\a \xc2\x9b \xff é");
        table = add_numbers(&findings, 0);
        table_row(table, NULL);
        table_put(table, 1);
        table_put_unknown(table);
        table_put_text(table, "\"\\\t\x01\xed\xa0\x80 é");
        expect_in(&findings, (struct report_options){0}, "\\x1b]0;title\\x07 \\u009b \\xff é", true);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON},
                  "\"word\": \"\\\"\\\\\\u0009\\u0001\\ufffd\\ufffd\\ufffd é\"", true);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON}, "\"share\": null", true);
        findings_free(&findings);
}

Test(report, json_numbers_are_exact)
{
        struct findings findings = {0};
        struct table *table = table_create("summary", "SUMMARY");

        findings_title(&findings, NULL, "headline");
        table_fact(table, "largest", UNIT_BYTES, INT64_MAX);
        table_fact_real(table, "third", UNIT_RATIO, 1.0 / 3);
        table_fact_real(table, "half", UNIT_RATIO, 0.5);
        findings_add(&findings, table);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON}, "\"largest\": 9223372036854775807", true);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON}, "\"third\": 0.3333333333333333", true);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON}, "\"half\": 0.5", true);
        expect_in(&findings, (struct report_options){.format = REPORT_JSON}, "\"heaptap\": null", true);
        findings_free(&findings);
}

Test(report, utf8_is_what_the_standard_allows)
{
        cr_expect_eq(utf8_bytes("a"), 1);
        cr_expect_eq(utf8_bytes("é"), 2);
        cr_expect_eq(utf8_bytes("…"), 3);
        cr_expect_eq(utf8_bytes("\xf0\x9f\x98\x80"), 4);
        cr_expect_eq(utf8_bytes("\x80"), 0);
        cr_expect_eq(utf8_bytes("\xc0\xaf"), 0, "overlong");
        cr_expect_eq(utf8_bytes("\xe0\x80\x80"), 0, "overlong");
        cr_expect_eq(utf8_bytes("\xed\xa0\x80"), 0, "surrogate");
        cr_expect_eq(utf8_bytes("\xf4\x90\x80\x80"), 0, "beyond the last");
        cr_expect_eq(utf8_bytes("\xe2\x80"), 0, "cut");
}
