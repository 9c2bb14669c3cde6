/* What libc allocates for the caller is charged to the caller: getline, asprintf, strdup, scandir, open_memstream,
 * getaddrinfo, realpath, glob, regcomp, qsort of much, tsearch, fopen.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live lines blocks=1
 * expect: live prints blocks=1 bytes=100..101
 * expect: live copies blocks=2 bytes=6+4
 * expect: live scans blocks=0
 * expect: total scans allocations>=5
 * expect: total memory_stream allocations>=2
 * expect: live memory_stream blocks=0
 * expect: live addresses blocks<=4
 * expect: total regular allocations>=5
 * expect: live regular blocks=0
 * expect: live sorts blocks=0
 * expect: live trees blocks=10
 * expect: live files blocks=0
 * expect: total files allocations=2 frees=2
 * expect: process main frees_foreign=0
 * expect: walk agrees
 */
#include "program.h"
#include <dirent.h>
#include <glob.h>
#include <netdb.h>
#include <regex.h>
#include <search.h>

NOINLINE static void lines(void)
{
        FILE *file = fopen("/proc/self/status", "r");
        char *line = NULL;
        size_t room = 0;
        int count = 0;

        while (getline(&line, &room, file) > 0)
                count++;
        CHECK(count > 10 && room >= 120);
        fclose(file);
}

NOINLINE static void prints(void)
{
        char *text;

        CHECK(asprintf(&text, "%099d", 5) == 99);
        keep(text);
}

NOINLINE static void copies(void)
{
        keep(strdup("hello"));
        keep(strndup("hello", 3));
}

NOINLINE static void scans(void)
{
        struct dirent **names;
        int count = scandir("/proc/self", &names, NULL, alphasort);

        CHECK(count > 4);
        for (int i = 0; i < count; i++)
                free(names[i]);
        free(names);
        free(realpath("/proc/self/../..", NULL));
        free(getcwd(NULL, 0));
}

NOINLINE static void memory_stream(void)
{
        char *text;
        size_t bytes;
        FILE *file = open_memstream(&text, &bytes);

        for (int i = 0; i < 10000; i++)
                fprintf(file, "%d ", i);
        fclose(file);
        CHECK(bytes == strlen(text) && bytes > 40000);
        free(text);
}

NOINLINE static void addresses(void)
{
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *list;

        CHECK(!getaddrinfo("127.0.0.1", "80", &hints, &list));
        freeaddrinfo(list);
        CHECK(getaddrinfo("not a number", "80", &hints, &list));
}

NOINLINE static void regular(void)
{
        regex_t expression;
        regmatch_t match[3];

        CHECK(!regcomp(&expression, "([a-z]+)-([0-9]{2,4})", REG_EXTENDED));
        CHECK(!regexec(&expression, "see heap-2023 there", 3, match, 0) && match[2].rm_so == 9);
        regfree(&expression);
}

static int order(const void *a, const void *b)
{
        return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

NOINLINE static void sorts(void)
{
        static int numbers[100000];

        for (int i = 0; i < 100000; i++)
                numbers[i] = i * 7919 % 100003;
        qsort(numbers, 100000, sizeof *numbers, order);
        for (int i = 1; i < 100000; i++)
                CHECK(numbers[i - 1] <= numbers[i]);
}

NOINLINE static void trees(void)
{
        static int keys[10];
        void *root = NULL;

        for (int i = 0; i < 10; i++) {
                keys[i] = i * 3 % 10;
                CHECK(tsearch(&keys[i], &root, order));
        }
}

NOINLINE static void files(void)
{
        FILE *file = fopen("/dev/null", "w");

        fprintf(file, "x");
        fclose(file);
}

int main(void)
{
        lines();
        prints();
        copies();
        scans();
        memory_stream();
        addresses();
        regular();
        sorts();
        trees();
        files();
        return 0;
}
