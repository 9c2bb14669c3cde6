/* A lost block whose library was unloaded still has its stack, by name.
 * build: $CC $FLAGS -DLIBRARY -shared -fPIC -o $OUT/lib.so $SRC
 * build: $CC $FLAGS -o $EXE $SRC -ldl
 * run: $OUT/lib.so
 * expect: leak lost_in_library<use_library<main class=definite blocks=1 bytes=111
 * expect: leak kept_in_library<use_library<main class=reachable blocks=1 bytes=222
 */
#include "leaks.h"

#ifdef LIBRARY
NOINLINE void lost_in_library(void);
NOINLINE void lost_in_library(void) { keep(malloc(111)); }
NOINLINE void *kept_in_library(void);
NOINLINE void *kept_in_library(void) { return malloc(222); }
#else
#include <dlfcn.h>

void *volatile kept;

NOINLINE static void use_library(const char *path)
{
        void *library;

        CHECK(library = dlopen(path, RTLD_NOW));
        ((void (*)(void))dlsym(library, "lost_in_library"))();
        kept = ((void *(*)(void))dlsym(library, "kept_in_library"))();
        CHECK(dlclose(library) == 0);
}

int main(UNUSED int argc, char **argv)
{
        use_library(argv[1]);
        scrub();
        return 0;
}
#endif
