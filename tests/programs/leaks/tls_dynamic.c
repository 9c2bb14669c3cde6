/* Thread-local variables of a library that is loaded later are roots too: they lie in blocks of the loader's.
 * build: $CC $FLAGS -DLIBRARY -shared -fPIC -o $OUT/lib.so $SRC
 * build: $CC $FLAGS -o $EXE $SRC -ldl
 * run: $OUT/lib.so
 * expect: leak in_library<...<main class=reachable blocks=1 bytes=100
 * expect: leak in_library<...<thread class=reachable blocks=1 bytes=100
 * expect: no leaks
 * memcheck: differs lost 0/0 possible 2/1048676: it takes the loader's table of a thread's variables, and what hangs on it, for possibly lost
 */
#include "leaks.h"

#ifdef LIBRARY
/* Too large for the room that the loader sets aside. */
static __thread void *volatile pointers[128 * 1024];

NOINLINE static void *in_library(void) { return malloc(100); }

NOINLINE void tls_of_library(void);
NOINLINE void tls_of_library(void)
{
        pointers[100 * 1024] = in_library();
}
#else
#include <dlfcn.h>
#include <pthread.h>

static void (*function)(void);
static volatile int ready;

static void *thread(UNUSED void *argument)
{
        SCRUBBED(function());
        flag_set(&ready);
        wait_forever();
}

int main(UNUSED int argc, char **argv)
{
        pthread_t id;
        void *library;

        CHECK(library = dlopen(argv[1], RTLD_NOW));
        CHECK(function = (void (*)(void))dlsym(library, "tls_of_library"));
        SCRUBBED(function());
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        flag_await(&ready);
        scrub();
        exit(0);
}
#endif
