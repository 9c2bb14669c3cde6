/* A second libc in its own namespace has its own malloc. Pointers of it that reach our free are foreign: counted, ignored.
 * modes: pools off sampled traced
 * expect: exit 0
 * compare: stdout exit
 * expect: live own blocks=1 bytes=18
 * expect: process main frees_foreign=1
 * expect: walk agrees
 */
#include "program.h"
#include <dlfcn.h>

NOINLINE static void own(void)
{
        keep(malloc(18));
}

int main(void)
{
        void *library = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
        char *(*their_strdup)(const char *);
        void (*their_free)(void *);
        char *text;

        if (!library) {
                puts(dlerror());
                return 77;
        }
        CHECK(their_strdup = (char *(*)(const char *))dlsym(library, "strdup"));
        CHECK(their_free = (void (*)(void *))dlsym(library, "free"));
        text = their_strdup("hello");
        puts(text);
        their_free(text);
        own();
        free(strdup("ours"));
        free(their_strdup("theirs"));
        puts("still here");
        return 0;
}
