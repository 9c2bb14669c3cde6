/* 4,400 times one library makes way for another at its address: the module table finds room for all, and the blocks that
 * stay are named by who made them, early and late.
 * build: for i in 1 2; do $CC $FLAGS -DLIBRARY=$i -shared -fPIC -o $OUT/lib$i.so $SRC || exit 1; done
 * build: $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * timeout: 120
 * modes: traced
 * expect: exit 0
 * expect: live from_library_1<load_and_call<main blocks=22 bytes=22*101
 * expect: live from_library_2<load_and_call<main blocks=22 bytes=22*102
 * expect: total from_library_1 allocations=2200
 * expect: total from_library_2 allocations=2200
 * expect: sql SELECT count(*) FROM module WHERE path LIKE '%/lib1.so' AND gone => 2200
 * expect: sql SELECT count(DISTINCT start) FROM module WHERE path LIKE '%/lib_.so' => 1
 * expect: process main stacks_broken=0
 * expect: walk agrees
 */
#include "program.h"

#ifdef LIBRARY
#define NAME_(number) from_library_##number
#define NAME(number) NAME_(number)
NOINLINE void *NAME(LIBRARY)(void);
NOINLINE void *NAME(LIBRARY)(void)
{
        volatile char room[LIBRARY * 128 + 64];

        room[0] = 1;
        void *block = keep(malloc(100 + LIBRARY));

        room[1] = 2;
        return room[1] ? block : NULL;
}
#else
#include <dlfcn.h>

NOINLINE static void *load_and_call(const char *directory, int number)
{
        char path[4096], name[30];
        void *library, *block;
        void *(*function)(void);

        snprintf(path, sizeof path, "%s/lib%d.so", directory, number);
        snprintf(name, sizeof name, "from_library_%d", number);
        CHECK(library = dlopen(path, RTLD_NOW));
        CHECK(function = (void *(*)(void))dlsym(library, name));
        block = function();
        dlclose(library);
        return block;
}

int main(UNUSED int argc, char **argv)
{
        for (int i = 0; i < 4400; i++) {
                void *block = load_and_call(argv[1], 1 + i % 2);

                if (i / 2 % 100)
                        free(block);
        }
        return 0;
}
#endif
