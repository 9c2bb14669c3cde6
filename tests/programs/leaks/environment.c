/* What putenv and setenv put into the environment is reachable as long as it stands there.
 * expect: leak put class=reachable blocks=1 bytes=20
 * expect: leak put_and_unset class=definite blocks=1 bytes=30
 * expect: leak put_over class=definite blocks=1 bytes=40
 * expect: leak set class=definite blocks=0
 * memcheck: differs lost 3/90 possible 0/0: it lets libc free the environment first
 */
#include "leaks.h"

NOINLINE static char *text(const char *name, size_t bytes)
{
        char *text = malloc(bytes);

        snprintf(text, bytes, "%s=value", name);
        return text;
}

NOINLINE static char *put(void) { return text("KEPT", 20); }
NOINLINE static char *put_and_unset(void) { return text("UNSET", 30); }
NOINLINE static char *put_over(void) { return text("OVER", 40); }

NOINLINE static void set(void)
{
        for (int i = 0; i < 50; i++) {
                char name[10];

                snprintf(name, sizeof name, "V%d", i);
                setenv(name, "a value that is long enough", 1);
                setenv(name, "and another that is longer still", 1);
        }
}

NOINLINE static void change(void)
{
        static char over[] = "OVER=now";

        putenv(put());
        putenv(put_and_unset());
        unsetenv("UNSET");
        putenv(put_over());
        putenv(over);
        set();
}

int main(void)
{
        change();
        scrub();
        return 0;
}
