/* A library, generated code and another library take turns at one address, with the same place in each calling: blocks are
 * charged to the library that made them, or to no module.
 * build: for i in 1 2; do $CC $FLAGS -DLIBRARY=$i -shared -fPIC -o $OUT/lib$i.so $SRC || exit 1; done
 * build: $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * expect: exit 0
 * expect: live made<from_library_1<load_and_call<main blocks=10
 * expect: live made<from_library_2<load_and_call<main blocks=10
 * expect: live made<...<generate_and_call<main blocks=20
 * expect: sql SELECT count(*) FROM site_stack a JOIN site_stack b USING (site) WHERE a.function = 'generate_and_call' AND b.function LIKE 'from_library%' => 0
 * expect: sql SELECT count(*) FROM site_stack a JOIN site_stack b USING (site) WHERE a.function = 'load_and_call' AND a.module IS NULL => 0
 * expect: process main stacks_broken=0
 * expect: walk agrees
 */
#include "program.h"

#ifdef LIBRARY
#define NAME_(number) from_library_##number
#define NAME(number) NAME_(number)
NOINLINE void *NAME(LIBRARY)(void *(*make)(void), void **ret_place);
NOINLINE void *NAME(LIBRARY)(void *(*make)(void), void **ret_place)
{
        volatile char room[LIBRARY * 128 + 64];

        room[0] = 1;
        *ret_place = &&here;
        void *block = make();
here:
        room[1] = 2;
        return room[1] ? block : NULL;
}
#else
#include <dlfcn.h>
#include <sys/mman.h>

NOINLINE static void *made(void)
{
        void *block = keep(malloc(50));

        __asm__ volatile("");
        /* Where we return to is the place that all share. */
        CHECK(block);
        return __builtin_return_address(0);
}

NOINLINE static void *load_and_call(const char *directory, int number)
{
        char path[4096], name[30];
        void *library, *place, *label;
        void *(*function)(void *(*make)(void), void **ret_place);

        snprintf(path, sizeof path, "%s/lib%d.so", directory, number);
        snprintf(name, sizeof name, "from_library_%d", number);
        CHECK(library = dlopen(path, RTLD_NOW));
        CHECK(function = (void *(*)(void *(*)(void), void **))dlsym(library, name));
        place = function(made, &label);
        dlclose(library);
        return place;
}

/* push %rbp; mov %rsp,%rbp; movabs $made,%rax; call *%rax; pop %rbp; ret: so that the call returns to `place`. */
NOINLINE static void generate_and_call(void *place)
{
        unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0, 0x5d, 0xc3};
        unsigned char *start = (unsigned char *)place - 16;
        char *page = (char *)((uintptr_t)start & ~(uintptr_t)4095);
        void *(*make)(void) = made;

        CHECK(mmap(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == page);
        memcpy(code + 6, &make, 8);
        memcpy(start, code, sizeof code);
        CHECK(((void *(*)(void))(uintptr_t)start)() == place);
        CHECK(munmap(page, 8192) == 0);
        __asm__ volatile("");
}

int main(UNUSED int argc, char **argv)
{
        for (int i = 0; i < 20; i++) {
                void *place = load_and_call(argv[1], 1 + i % 2);

#ifdef __x86_64__
                generate_and_call(place);
#else
                return 77;
#endif
        }
        return 0;
}
#endif
