/* Any text as suppressions; and what a pattern matches, by the definition. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/findings/suppress.h"
#include "analyzer/xalloc.h"

enum { TEXT_BYTES_MAX = 12 }; /* the definition takes its time */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Whether the text is what the pattern says, from here to the end. */
static bool is(const char *pattern, size_t bytes, const char *text)
{
        if (!bytes)
                return !*text;
        if (*pattern == '*' && is(pattern + 1, bytes - 1, text))
                return true;
        if (!*text)
                return false;
        return *pattern == '*' ? is(pattern, bytes, text + 1)
                               : *pattern == *text && is(pattern + 1, bytes - 1, text + 1);
}

/* Stars where there are no anchors. */
static bool should_match(const char *pattern, const char *text)
{
        char whole[2 * TEXT_BYTES_MAX + 3] = "";
        size_t bytes;

        if (!*text)
                return false;
        bytes = strlen(pattern);
        if (*pattern != '^')
                strcpy(whole, "*");
        else
                pattern++, bytes--;
        strcat(whole, pattern);
        if (bytes && pattern[bytes - 1] == '$')
                whole[strlen(whole) - 1] = '\0';
        else
                strcat(whole, "*");
        return is(whole, strlen(whole), text);
}

/* The first line is a pattern, and the rest is what it is tried on. */
static void check_match(const char *input)
{
        char pattern[TEXT_BYTES_MAX + 1] = "", text[TEXT_BYTES_MAX + 1] = "";
        const char *end = strchr(input, '\n');

        if (!end || end - input > TEXT_BYTES_MAX)
                return;
        memcpy(pattern, input, (size_t)(end - input));
        strncpy(text, end + 1, TEXT_BYTES_MAX);
        if (suppress_matches(pattern, text) != should_match(pattern, text))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
        struct suppressions suppressions = {0};
        struct suppress_trouble trouble = {0};
        char *text = xmemdup0(bytes, count);
        bool good = suppress_parse(&suppressions, "fuzz", text, &trouble);

        if (good != (trouble.what == NULL) || good != (trouble.line == 0))
                abort();
        for (size_t i = 0; i < suppressions.count; i++)
                if (!*suppressions.suppression[i].pattern || strchr(suppressions.suppression[i].pattern, '\n'))
                        abort();
        suppress_free(&suppressions);
        check_match(text);
        free(text);
        return 0;
}
