/* dlopen keeps its behaviour: errors and their text, RTLD_NOLOAD, RTLD_LOCAL, NULL, constructors that allocate.
 * build: $CC $FLAGS -DLIBRARY -shared -fPIC -o $OUT/libx.so $SRC && $CC $FLAGS -o $EXE $SRC
 * run: $OUT/libx.so
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live at_load blocks=3 bytes=3*12
 * expect: total at_unload allocations=3 frees=3
 * expect: walk agrees
 */
#include "program.h"
#include <dlfcn.h>

#ifdef LIBRARY
int x = 5;

NOINLINE __attribute__((constructor)) static void at_load(void)
{
        keep(malloc(12));
}

NOINLINE __attribute__((destructor)) static void at_unload(void)
{
        free(keep(malloc(13)));
}
#else
int main(UNUSED int argc, char **argv)
{
        void *library;

        CHECK(!dlopen("/nowhere/at/all.so", RTLD_NOW));
        puts(dlerror());
        CHECK(!dlopen("libnowhere-at-all.so.3", RTLD_NOW | RTLD_DEEPBIND));
        puts(dlerror());
        CHECK(!dlopen(argv[1], 0));
        puts(dlerror());
        CHECK(!dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD));
        for (int i = 0; i < 3; i++) {
                CHECK(library = dlopen(argv[1], RTLD_LAZY | RTLD_LOCAL));
                CHECK(!dlsym(RTLD_DEFAULT, "x") && dlsym(library, "x"));
                CHECK(dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) == library);
                dlclose(library);
                dlclose(library);
                CHECK(!dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD));
        }
        CHECK(library = dlopen(NULL, RTLD_NOW));
        CHECK(dlsym(library, "printf"));
        dlclose(library);
        return 0;
}
#endif
