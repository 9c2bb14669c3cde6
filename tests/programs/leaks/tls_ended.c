/* What only a thread-local variable of an ended thread pointed at is lost, though libc keeps the memory for the next thread.
 * build: $CC $FLAGS -DLIBRARY -shared -fPIC -o $OUT/lib.so $SRC
 * build: $CC $FLAGS -o $EXE $SRC -ldl
 * run: $OUT/lib.so
 * expect: leak in_program class=definite blocks=1 bytes=101
 * expect: leak in_library class=definite blocks=1 bytes=100
 * lsan: differs lost 1/101 possible 0/0: it takes all blocks of the loader for reachable, and these are freed only with the next thread
 */
#include "leaks.h"

#ifdef LIBRARY
static __thread void *volatile pointers[1024];

NOINLINE static void *in_library(void) { return malloc(100); }

NOINLINE void tls_of_library(void);
NOINLINE void tls_of_library(void)
{
        pointers[1000] = in_library();
}
#else
#include <dlfcn.h>
#include <pthread.h>

static __thread void *volatile pointer;
static void (*function)(void);

NOINLINE static void in_program(void) { *(void *volatile *)keep((void *)&pointer) = malloc(101); }

static void *thread(UNUSED void *argument)
{
        SCRUBBED(function());
        SCRUBBED(in_program());
        return NULL;
}

int main(UNUSED int argc, char **argv)
{
        pthread_t id;
        void *library;

        CHECK(library = dlopen(argv[1], RTLD_NOW));
        CHECK(function = (void (*)(void))dlsym(library, "tls_of_library"));
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        CHECK(pthread_join(id, NULL) == 0);
        scrub();
        return 0;
}
#endif
