/* A thin table over getopt_long. */
#include "analyzer/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/diag.h"
#include "analyzer/xalloc.h"

enum {
        LONG_BASE = 0x1000, /* values of options without a letter */
        HELP = 0x2000,
};

static _Noreturn void print_help(const char *usage, const struct option_spec *spec, size_t spec_count)
{
        printf("%s\n\n", usage);
        for (size_t i = 0; i < spec_count; i++) {
                const char *argument = spec[i].argument ? spec[i].argument : "";
                char *left = xasprintf("--%s%s%s", spec[i].name, *argument ? " " : "", argument);

                if (spec[i].letter)
                        printf("  -%c, %-22s %s\n", spec[i].letter, left, spec[i].help);
                else
                        printf("      %-22s %s\n", left, spec[i].help);
                free(left);
        }
        printf("      %-22s %s\n", "--help", "print this");
        exit(EXIT_SUCCESS);
}

static int parse_number(const char *name, const char *text)
{
        char *end;

        errno = 0;
        long number = strtol(text, &end, 10);

        if (errno || end == text || *end || number < 0 || number > INT_MAX)
                diag_usage("--%s needs a number from 0 on, not \"%s\"", name, text);
        return (int)number;
}

static int64_t parse_time(const char *name, const char *text)
{
        static const struct {
                const char *name;
                int64_t ms;
        } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
        size_t digits = strspn(text, "0123456789");

        for (size_t i = 0; digits && digits < 7 && i < sizeof units / sizeof *units; i++)
                if (strcmp(text + digits, units[i].name) == 0)
                        return atol(text) * units[i].ms;
        diag_usage("--%s takes a time, as 500ms, 10s, 5m or 1h, not \"%s\"", name, text);
}

void option_texts_add(struct option_texts *texts, const char *text)
{
        texts->text = xgrow(texts->text, texts->count, &texts->capacity, sizeof *texts->text);
        texts->text[texts->count++] = text;
}

void option_texts_split(struct option_texts *texts, const char *list)
{
        char *rest = xstrdup(list), *text;

        while ((text = strsep(&rest, ":")))
                if (*text)
                        option_texts_add(texts, text);
}

static void store_value(const struct option_spec *spec, const char *argument)
{
        switch (spec->kind) {
        case OPTION_FLAG:
                *(bool *)spec->value = true;
                break;
        case OPTION_TEXT:
                *(const char **)spec->value = argument;
                break;
        case OPTION_TEXTS:
                option_texts_add(spec->value, argument);
                break;
        case OPTION_NUMBER:
                *(int *)spec->value = parse_number(spec->name, argument);
                break;
        case OPTION_TIME:
                *(int64_t *)spec->value = parse_time(spec->name, argument);
                break;
        }
}

static const struct option_spec *find_spec(const struct option_spec *spec, size_t spec_count, int found)
{
        if (found >= LONG_BASE)
                return &spec[found - LONG_BASE];
        for (size_t i = 0; i < spec_count; i++)
                if (spec[i].letter == found)
                        return &spec[i];
        return NULL;
}

int options_parse(const char *usage, const struct option_spec *spec, size_t spec_count, int argc, char **argv)
{
        struct option *table = xcalloc(spec_count + 2, sizeof *table);
        char *letters = xcalloc(spec_count * 2 + 3, 1);
        char *letter = letters;
        int found;

        *letter++ = '+'; /* the operands may be another program's options */
        for (size_t i = 0; i < spec_count; i++) {
                bool has_argument = spec[i].kind != OPTION_FLAG;

                table[i] = (struct option){spec[i].name, has_argument, NULL, LONG_BASE + (int)i};
                if (!spec[i].letter)
                        continue;
                *letter++ = spec[i].letter;
                if (has_argument)
                        *letter++ = ':';
        }
        table[spec_count] = (struct option){"help", no_argument, NULL, HELP};
        optind = 0; /* start anew, whoever parsed before */
        while ((found = getopt_long(argc, argv, letters, table, NULL)) != -1) {
                const struct option_spec *hit =
                        found == HELP || found == '?' ? NULL : find_spec(spec, spec_count, found);

                if (found == HELP)
                        print_help(usage, spec, spec_count);
                if (!hit)
                        exit(DIAG_EXIT_USAGE); /* getopt has said why */
                store_value(hit, optarg);
        }
        free(table);
        free(letters);
        return optind;
}
