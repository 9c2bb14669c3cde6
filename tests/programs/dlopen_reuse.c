/* Two libraries take turns at one address: whoever is loaded when a block is made must be named, each time.
 * build: for i in 1 2; do $CC $FLAGS -DLIBRARY=$i -shared -fPIC -o $OUT/lib$i.so $SRC || exit 1; done
 * build: $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live from_library_1 blocks=100 bytes=100*101
 * expect: live from_library_2 blocks=100 bytes=100*102
 * expect: sql SELECT count(*) FROM site_stack WHERE function = 'from_library_1' AND module NOT LIKE '%lib1.so' => 0
 * expect: sql SELECT count(*) FROM site_stack WHERE function = 'from_library_2' AND module NOT LIKE '%lib2.so' => 0
 * expect: stack from_library_1<load_and_call<main
 * expect: stack from_library_2<load_and_call<main
 * expect: sql SELECT count(*) FROM module WHERE path LIKE '%/lib1.so' AND gone => 10
 * expect: sql SELECT count(DISTINCT start) FROM module WHERE path LIKE '%/lib_.so' => 1
 * expect: walk agrees
 */
#include "program.h"

#ifdef LIBRARY
#define NAME_(number) from_library_##number
#define NAME(number) NAME_(number)
NOINLINE void *NAME(LIBRARY)(void);
NOINLINE void *NAME(LIBRARY)(void)
{
        return keep(malloc(100 + LIBRARY));
}
#else
#include <dlfcn.h>

NOINLINE static void load_and_call(const char *directory, int number)
{
        static void *first;
        char path[4096], name[30];
        void *library;
        void *(*function)(void);

        snprintf(path, sizeof path, "%s/lib%d.so", directory, number);
        snprintf(name, sizeof name, "from_library_%d", number);
        CHECK(library = dlopen(path, RTLD_NOW));
        CHECK(function = (void *(*)(void))dlsym(library, name));
        if (!first)
                first = (void *)function;
        if ((void *)function != first)
                printf("address not used again\n");
        for (int i = 0; i < 10; i++)
                function();
        dlclose(library);
}

int main(UNUSED int argc, char **argv)
{
        for (int i = 0; i < 20; i++)
                load_and_call(argv[1], 1 + i % 2);
        return 0;
}
#endif
