/* Symbols of this very program, which is built with -g. */
#include "analyzer/symbols/symbols.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/symbols/demangle.h"

static volatile int sink;
static uint64_t address_inside; /* of code of inner, inlined into outer */

/* The address after the asm statement's label, so it lies in this line. */
static inline __attribute__((always_inline)) void inner(void)
{
        void *here;

        __asm__ volatile("leaq 0(%%rip), %0" : "=r"(here));
        address_inside = (uint64_t)here - 1;
        sink++;
}

static __attribute__((noinline)) void outer(void)
{
        inner(); /* LINE_OF_CALL */
        sink++;
}

enum { LINE_OF_CALL = __LINE__ - 4 };

static char *own_path(void)
{
        static char path[4096];

        cr_assert_gt(readlink("/proc/self/exe", path, sizeof path - 1), 0);
        return path;
}

static int first_object(struct dl_phdr_info *info, size_t bytes, void *bias)
{
        (void)bytes;
        *(uint64_t *)bias = info->dlpi_addr;
        return 1;
}

static uint64_t own_bias(void)
{
        uint64_t bias = 0;

        dl_iterate_phdr(first_object, &bias);
        return bias;
}

Test(symbols, an_inlined_function_stands_before_the_one_it_is_in)
{
        struct symbols *symbols = symbols_open(own_path(), "");
        struct symbol symbol[SYMBOLS_DEPTH_MAX];

        outer();
        cr_expect_eq(symbols_status(symbols), SYMBOLS_DEBUG);
        cr_assert_eq(symbols_lookup(symbols, address_inside - own_bias(), symbol), 2);
        cr_expect_str_eq(symbol[0].function, "inner");
        cr_expect_not_null(strstr(symbol[0].file, "source_lines.c"));
        cr_expect_str_eq(symbol[1].function, "outer");
        cr_expect_not_null(strstr(symbol[1].file, "source_lines.c"));
        cr_expect_eq(symbol[1].line, LINE_OF_CALL);
        symbol_free(&symbol[0]);
        symbol_free(&symbol[1]);
        symbols_close(symbols);
}

Test(symbols, a_library_without_debugging_information_gives_names)
{
        struct symbols *symbols;
        struct symbol symbol[SYMBOLS_DEPTH_MAX];
        Dl_info info;
        struct link_map *map;

        cr_assert(dladdr1((void *)l64a, &info, (void **)&map, RTLD_DL_LINKMAP));
        symbols = symbols_open(map->l_name, "");
        cr_assert_eq(symbols_lookup(symbols, (uint64_t)l64a + 1 - map->l_addr, symbol), 1);
        cr_expect_str_eq(symbol[0].function, info.dli_sname);
        symbol_free(&symbol[0]);
        symbols_close(symbols);
}

Test(symbols, a_file_that_is_gone_or_another_is_missing)
{
        struct symbols *symbols = symbols_open("/nonexistent", "");
        struct symbol symbol[SYMBOLS_DEPTH_MAX];

        cr_expect_eq(symbols_status(symbols), SYMBOLS_MISSING);
        cr_expect_eq(symbols_lookup(symbols, 0x1000, symbol), 0);
        symbols_close(symbols);
        symbols = symbols_open("linux-vdso.so.1", "");
        cr_expect_eq(symbols_status(symbols), SYMBOLS_MISSING);
        symbols_close(symbols);
        symbols = symbols_open("/etc/passwd", "");
        cr_expect_eq(symbols_status(symbols), SYMBOLS_MISSING);
        symbols_close(symbols);
        symbols = symbols_open("/bin/sh", "00112233445566778899aabbccddeeff00112233");
        cr_expect_eq(symbols_status(symbols), SYMBOLS_MISSING, "its build id is another one");
        symbols_close(symbols);
}

Test(symbols, an_address_outside_of_the_file_is_nothing)
{
        struct symbols *symbols = symbols_open(own_path(), "");
        struct symbol symbol[SYMBOLS_DEPTH_MAX];

        cr_expect_eq(symbols_lookup(symbols, UINT64_MAX, symbol), 0);
        cr_expect_eq(symbols_lookup(symbols, UINT64_C(1) << 40, symbol), 0);
        symbols_close(symbols);
}

static void expect_name(const char *mangled, const char *expected)
{
        char *name = demangle(mangled);

        cr_expect_str_eq(name, expected);
        free(name);
}

Test(symbols, names_are_made_readable)
{
        expect_name("main", "main");
        expect_name("_Zinvalid", "_Zinvalid");
        expect_name("_ZN5Store3addERKSs", "Store::add(std::string const&)");
        expect_name("_ZN4core3ptr4drop17h0123456789abcdefE", "core::ptr::drop");
        expect_name("_RNvCs1234_7mycrate3foo", "mycrate::foo");
}
