/* A hundred libraries are loaded at once and each allocates; then every other one goes, and others come.
 * build: $CC $FLAGS -DLIBRARY -g0 -shared -fPIC -o $OUT/lib.so $SRC && for i in $(seq 150); do cp $OUT/lib.so $OUT/lib$i.so; done
 * build: $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * expect: exit 0
 * expect: live in_library blocks=150 bytes=150*17
 * expect: sql SELECT count(DISTINCT module.path) FROM site JOIN stack_frame USING (stack) JOIN frame ON frame.id = stack_frame.frame
 *         JOIN module ON module.id = frame.module WHERE size_min = 17 AND position = 0 => 150
 * expect: sql SELECT count(*) FROM site WHERE size_min = 17 AND allocations <> 1 => 0
 * expect: walk agrees
 */
#include "program.h"

#ifdef LIBRARY
NOINLINE void in_library(void);
NOINLINE void in_library(void)
{
        keep(malloc(17));
        __asm__ volatile("");
}
#else
#include <dlfcn.h>

static void *libraries[151];

static void load(const char *directory, int number)
{
        char path[4096];
        void (*function)(void);

        snprintf(path, sizeof path, "%s/lib%d.so", directory, number);
        CHECK(libraries[number] = dlopen(path, RTLD_NOW));
        CHECK(function = (void (*)(void))dlsym(libraries[number], "in_library"));
        function();
}

int main(UNUSED int argc, char **argv)
{
        for (int i = 1; i <= 100; i++)
                load(argv[1], i);
        for (int i = 1; i <= 100; i += 2)
                dlclose(libraries[i]);
        for (int i = 101; i <= 150; i++)
                load(argv[1], i);
        return 0;
}
#endif
