/* While libraries come and go in two threads, each allocating in its destructor, a third allocates all the time: what each
 * made is charged to it, also what was made in the middle of a dlclose.
 * build: for i in 1 2; do $CC $FLAGS -DLIBRARY=$i -shared -fPIC -o $OUT/lib$i.so $SRC || exit 1; done
 * build: $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * expect: exit 0
 * expect: live destroyed_1 blocks=200 bytes=200*101
 * expect: live destroyed_2 blocks=200 bytes=200*102
 * expect: live constructed_1 blocks=200 bytes=200*201
 * expect: live constructed_2 blocks=200 bytes=200*202
 * expect: sql SELECT count(*) FROM site_stack WHERE function IN ('destroyed_1', 'constructed_1') AND module NOT LIKE '%lib1.so' => 0
 * expect: sql SELECT count(*) FROM site_stack WHERE function IN ('destroyed_2', 'constructed_2') AND module NOT LIKE '%lib2.so' => 0
 * expect: total leaf<middle<works_all_the_time allocations>=1000
 * expect: sql SELECT count(DISTINCT site) FROM site_stack WHERE function = 'middle' => 2
 * expect: process main stacks_broken=0
 * expect: walk agrees
 */
#include "program.h"

#ifdef LIBRARY
#define NAME_(what, number) what##_##number
#define NAME(what, number)  NAME_(what, number)
__attribute__((destructor)) static void NAME(destroyed, LIBRARY)(void)
{
        volatile char room[LIBRARY * 128 + 64];

        room[0] = 1;
        keep(malloc(100 + LIBRARY));
        room[1] = room[0];
}

__attribute__((constructor)) static void NAME(constructed, LIBRARY)(void)
{
        volatile char room[LIBRARY * 128 + 64];

        room[0] = 1;
        keep(malloc(200 + LIBRARY));
        room[1] = room[0];
}
#else
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

static const char *directory;
static atomic_bool done;

static void *load_many(void *number)
{
        char path[4096];

        snprintf(path, sizeof path, "%s/lib%d.so", directory, (int)(intptr_t)number);
        for (int i = 0; i < 200; i++) {
                void *library = dlopen(path, RTLD_NOW);

                CHECK(library);
                dlclose(library);
        }
        return NULL;
}

NOINLINE static void leaf(int bytes)
{
        free(keep(malloc((size_t)bytes)));
        __asm__ volatile("");
}

NOINLINE static void middle(int bytes)
{
        leaf(bytes);
        __asm__ volatile("");
}

static void *works_all_the_time(UNUSED void *nothing)
{
        for (int i = 0; !done || i < 1000; i++) {
                middle(10);
                __asm__ volatile("");
                middle(20);
        }
        return NULL;
}

int main(UNUSED int argc, char **argv)
{
        pthread_t worker, loader[2];

        directory = argv[1];
        pthread_create(&worker, NULL, works_all_the_time, NULL);
        for (int i = 0; i < 2; i++)
                pthread_create(&loader[i], NULL, load_many, (void *)(intptr_t)(i + 1));
        for (int i = 0; i < 2; i++)
                pthread_join(loader[i], NULL);
        done = true;
        pthread_join(worker, NULL);
        return 0;
}
#endif
