/* Texts that libc allocates for the caller are lost with their address.
 * expect: leak by_strdup class=definite blocks=1 bytes=6
 * expect: leak by_strndup class=definite blocks=1 bytes=4
 * expect: leak by_asprintf class=definite blocks=1
 * expect: leak by_memstream class=definite blocks=1
 * expect: leak by_realpath class=definite blocks=1
 * expect: leak by_getcwd class=definite blocks=1
 */
#include "leaks.h"

NOINLINE static void by_strdup(void) { keep(strdup("hello")); }
NOINLINE static void by_strndup(void) { keep(strndup("hello", 3)); }
NOINLINE static void by_realpath(void) { keep(realpath("/", NULL)); }
NOINLINE static void by_getcwd(void) { keep(getcwd(NULL, 0)); }

NOINLINE static void by_asprintf(void)
{
        char *text;

        CHECK(asprintf(&text, "%d%500s", 5, "x") > 500);
}

NOINLINE static void by_memstream(void)
{
        char *text;
        size_t bytes;
        FILE *stream = open_memstream(&text, &bytes);

        fprintf(stream, "hello %1000d", 5);
        fclose(stream);
}

int main(void)
{
        by_strdup();
        by_strndup();
        by_asprintf();
        by_memstream();
        by_realpath();
        by_getcwd();
        scrub();
        return 0;
}
