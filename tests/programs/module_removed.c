/* A library's file is deleted while the program runs: the blocks stay counted, the module is known to be missing.
 * build: $CC $FLAGS -DLIBRARY -shared -fPIC -o $OUT/libgone.so.orig $SRC && $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * expect: exit 0
 * expect: live main blocks>=6
 * expect: sql SELECT sum(live_blocks) FROM site WHERE size_min = 4321 => 6
 * expect: sql SELECT symbols FROM module WHERE path LIKE '%libgone.so%' => missing
 * expect: walk agrees
 */
#include "program.h"

void *from_library(void);

#ifdef LIBRARY
NOINLINE void *from_library(void)
{
        return keep(malloc(4321));
}
#else
#include <dlfcn.h>

int main(UNUSED int argc, char **argv)
{
        char copy[4096 + 100];
        void *library;
        void *(*function)(void);

        snprintf(copy, sizeof copy, "cp '%s/libgone.so.orig' libgone.so", argv[1]);
        CHECK(system(copy) == 0);
        CHECK(library = dlopen("./libgone.so", RTLD_NOW));
        CHECK(function = (void *(*)(void))dlsym(library, "from_library"));
        CHECK(unlink("libgone.so") == 0);
        for (int i = 0; i < 6; i++)
                function();
        return 0;
}
#endif
