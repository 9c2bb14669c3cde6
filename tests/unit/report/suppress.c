/* Which stacks a suppression matches, and what a text of suppressions may say. */
#include "analyzer/findings/suppress.h"

#include <criterion/criterion.h>

#define MATCHES(pattern, text) cr_expect(suppress_matches(pattern, text), "%s does not match %s", pattern, text)
#define DIFFERS(pattern, text) cr_expect_not(suppress_matches(pattern, text), "%s matches %s", pattern, text)

Test(suppress, a_pattern_is_found_anywhere)
{
        MATCHES("foo", "foo");
        MATCHES("foo", "my_foo_is");
        MATCHES("o", "foo");
        DIFFERS("foo", "fo");
        DIFFERS("foo", "of");
        DIFFERS("foo", "");
        DIFFERS("*", "");
        cr_expect_not(suppress_matches("*", NULL));
        MATCHES("*", "x");
}

Test(suppress, the_ends_can_be_asked_for)
{
        MATCHES("^foo", "foobar");
        DIFFERS("^foo", "barfoo");
        MATCHES("foo$", "barfoo");
        DIFFERS("foo$", "foobar");
        MATCHES("^foo$", "foo");
        DIFFERS("^foo$", "foofoo");
        MATCHES("foo$", "foofoo");
        DIFFERS("^$", "x");
}

Test(suppress, a_star_stands_for_anything)
{
        MATCHES("a*c", "xabcx");
        MATCHES("a*c", "ac");
        DIFFERS("a*c", "ca");
        MATCHES("^a*c$", "abcbc");
        DIFFERS("^a*c$", "abcb");
        MATCHES("^*c$", "abc");
        MATCHES("a**b", "ab");
        MATCHES("^a*$", "abc");
        MATCHES("std::*vector*insert", "std::vector<int>::_M_insert_aux");
        MATCHES("^a*b*c$", "aXbXbXc");
        DIFFERS("^a*b*c$", "aXbXbX");
}

Test(suppress, an_anchor_elsewhere_is_a_character)
{
        MATCHES("a$b", "xa$bx");
        DIFFERS("a$b", "xa");
        MATCHES("a^b", "a^b");
        MATCHES("operator^", "T::operator^(T)");
}

static struct suppressions parsed(const char *text, size_t bad_line)
{
        struct suppressions suppressions = {0};
        struct suppress_trouble trouble = {0};

        cr_expect_eq(suppress_parse(&suppressions, "file", text, &trouble), bad_line == 0);
        cr_expect_eq(trouble.line, bad_line, "line %zu", trouble.line);
        return suppressions;
}

Test(suppress, blanks_comments_and_line_ends_do_not_count)
{
        struct suppressions list = parsed("# known\r\n\n  leak:^one$ \t\r\n\tleak:two words\n #leak:no\nleak:three", 0);

        cr_assert_eq(list.count, 3);
        cr_expect_str_eq(list.suppression[0].pattern, "^one$");
        cr_expect_eq(list.suppression[0].line, 3);
        cr_expect_str_eq(list.suppression[1].pattern, "two words");
        cr_expect_str_eq(list.suppression[2].pattern, "three");
        cr_expect_eq(list.suppression[2].line, 6);
        cr_expect_str_eq(list.suppression[2].source, "file");
        suppress_free(&list);
}

Test(suppress, a_bad_line_is_told_and_the_others_are_taken)
{
        struct suppressions list = parsed("leak:one\nrace:two\nleak:\nleak:three\n", 2);

        cr_expect_eq(list.count, 2);
        suppress_free(&list);
        list = parsed("leak: \n", 1);
        cr_expect_eq(list.count, 0);
        suppress_free(&list);
        list = parsed("", 0);
        cr_expect_eq(list.count, 0);
        suppress_free(&list);
}

Test(suppress, function_file_and_module_of_any_frame_count)
{
        static const struct frame inner = {.function = "copy", .file = "/src/copy.c", .module = "/lib/libcopy.so.1"};
        static const struct frame inlined = {
                .function = "keep", .file = "/src/keep.h", .module = "/bin/tool", .inlined = true};
        static const struct frame outer = {.function = "main", .file = "/src/main.c", .module = "/bin/tool"};
        static const struct frame generated = {0};
        const struct frame *line[] = {&inner, &inlined, &generated, &outer};
        const struct stack stack = {.frame = line, .count = 4}, empty = {0};
        static const char *const match[] = {"leak:^copy$",   "leak:copy.c",  "leak:libcopy.so", "leak:^keep$",
                                            "leak:/keep.h$", "leak:main.c$", "leak:^/bin/"};

        for (size_t i = 0; i < sizeof match / sizeof *match; i++) {
                struct suppressions list = parsed(match[i], 0);

                cr_expect_eq(suppress_find(&list, &stack), list.suppression, "%s", match[i]);
                cr_expect_null(suppress_find(&list, &empty));
                suppress_free(&list);
        }
}

Test(suppress, the_first_that_matches_is_taken)
{
        static const struct frame frame = {.function = "leaky"};
        const struct frame *line[] = {&frame};
        const struct stack stack = {.frame = line, .count = 1};
        struct suppressions list = parsed("leak:other\nleak:^leak\nleak:leaky", 0);

        cr_expect_eq(suppress_find(&list, &stack), &list.suppression[1]);
        suppress_free(&list);
}
