/* A library in a namespace of its own has globals as well. (Its libc is another one, with another heap.)
 * build: $CC $FLAGS -DLIBRARY -shared -fPIC -o $OUT/lib.so $SRC
 * build: $CC $FLAGS -o $EXE $SRC -ldl
 * run: $OUT/lib.so
 * expect: leak for_library class=reachable blocks=1 bytes=101
 * expect: no leaks
 * lsan: differs lost 1/101 possible 0/0: it asks the loader for the modules of its own namespace
 */
#include "leaks.h"

#ifdef LIBRARY
void *volatile in_bss;
#else
#include <dlfcn.h>

NOINLINE static void *for_library(void) { return malloc(101); }

NOINLINE static void load(const char *path)
{
        void *library;

        CHECK(library = dlmopen(LM_ID_NEWLM, path, RTLD_NOW));
        *(void *volatile *)dlsym(library, "in_bss") = for_library();
}

int main(UNUSED int argc, char **argv)
{
        load(argv[1]);
        scrub();
        return 0;
}
#endif
