/* Streams that were not closed stay in libc's list, and their buffers with them; a closed one's buffer is freed. What opendir,
 * regcomp and getaddrinfo gave the caller is the caller's to give back.
 * expect: leak not_closed class=definite blocks=0
 * expect: leak by_opendir class=definite blocks=1
 * expect: leak by_regcomp class=definite blocks>=1
 * expect: leak by_regcomp class=indirect blocks>=0
 * expect: leak by_getaddrinfo class=definite blocks=1
 * memcheck: varies: it lets libc free the buffers of streams, and then takes the streams for lost
 */
#include "leaks.h"
#include <dirent.h>
#include <netdb.h>
#include <regex.h>

NOINLINE static void not_closed(void)
{
        FILE *file = fopen("/proc/self/status", "r");
        char line[100];

        CHECK(file && fgets(line, sizeof line, file));
}

NOINLINE static void by_opendir(void) { CHECK(readdir(opendir("/"))); }

NOINLINE static void by_regcomp(void)
{
        regex_t expression;

        memset(&expression, 0, sizeof expression);
        CHECK(regcomp(&expression, "a*b+(c|d)[e-z]", REG_EXTENDED) == 0);
}

NOINLINE static void by_getaddrinfo(void)
{
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;

        CHECK(getaddrinfo("127.0.0.1", NULL, &hints, &found) == 0);
}

int main(void)
{
        not_closed();
        by_opendir();
        by_regcomp();
        by_getaddrinfo();
        scrub();
        return 0;
}
