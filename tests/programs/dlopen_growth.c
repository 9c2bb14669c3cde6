/* Two libraries take turns at one address, and one of them grows: growth knows which.
 * build: for i in 1 2; do $CC $FLAGS -DLIBRARY=$i -shared -fPIC -o $OUT/lib$i.so $SRC || exit 1; done
 * build: $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * modes: traced
 * expect: exit 0
 * expect: growth from_library_1 bytes=1MiB~8%
 * expect: growth from_library_2 bytes=-20000..20000
 * expect: first growth from_library_1
 * expect: live from_library_1 blocks=40 bytes=40*52429
 * expect: total from_library_2 allocations=40 frees=40
 * expect: sql SELECT count(*) FROM site_stack WHERE function = 'from_library_1' AND module NOT LIKE '%lib1.so' => 0
 * expect: sql SELECT count(*) FROM site_stack WHERE function = 'from_library_2' AND module NOT LIKE '%lib2.so' => 0
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
        return keep(malloc(52429));
}
#else
#include <dlfcn.h>

static void *take_turn(const char *directory, int number)
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
        uint64_t start = now_ns();

        for (unsigned i = 0; i < 40; i++) {
                int64_t wait = (int64_t)(start + i * 50000000ull - now_ns());

                if (wait > 0)
                        sleep_ms(wait / 1000000 + 1);
                take_turn(argv[1], 1);
                free(take_turn(argv[1], 2));
        }
        return 0;
}
#endif
