/* The globals of a library that was loaded by dlopen are roots as long as it is loaded, and no longer.
 * build: for i in 1 2; do $CC $FLAGS -DLIBRARY=$i -shared -fPIC -o $OUT/lib$i.so $SRC || exit 1; done
 * build: $CC $FLAGS -o $EXE $SRC -ldl
 * run: $OUT/lib1.so $OUT/lib2.so
 * expect: leak for_library_1 class=reachable blocks=2 bytes=2*101
 * expect: leak for_library_2 class=definite blocks=2 bytes=2*102
 */
#include "leaks.h"

#ifdef LIBRARY
void *volatile in_bss;
void *volatile in_data = (void *)&in_bss;
#else
#include <dlfcn.h>

NOINLINE static void *for_library_1(void) { return malloc(101); }
NOINLINE static void *for_library_2(void) { return malloc(102); }

NOINLINE static void *load(const char *path, void *(*make)(void))
{
        void *library;

        CHECK(library = dlopen(path, RTLD_NOW));
        *(void *volatile *)dlsym(library, "in_bss") = make();
        *(void *volatile *)dlsym(library, "in_data") = make();
        return library;
}

NOINLINE static void load_both(char **paths)
{
        load(paths[1], for_library_1);
        CHECK(dlclose(load(paths[2], for_library_2)) == 0);
}

int main(UNUSED int argc, char **argv)
{
        load_both(argv);
        scrub();
        return 0;
}
#endif
