/* Symbols of this very program, which is built with -g. */
#include "analyzer/symbols/symbols.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
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

static void expect_lines(const char *path)
{
        struct symbols *symbols = symbols_open(path, "");
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

Test(symbols, an_inlined_function_stands_before_the_one_it_is_in)
{
        expect_lines(own_path());
}

/* What objcopy makes of this program, in a directory of its own. */
static char *directory(void)
{
        static char name[] = "/tmp/heaptap-unit.XXXXXX";

        cr_assert_not_null(mkdtemp(name));
        return name;
}

static void run(const char *format, const char *from, const char *to)
{
        char command[10000];

        snprintf(command, sizeof command, format, from, to, to);
        cr_assert_eq(system(command), 0, "%s", command);
}

Test(symbols, compressed_debugging_information_is_read)
{
        char *where = directory(), path[100];

        snprintf(path, sizeof path, "%s/compressed", where);
        run("objcopy --compress-debug-sections '%s' %s", own_path(), path);
        expect_lines(path);
        run("rm -r %s%s", where, "");
}

Test(symbols, a_separate_file_is_found_by_its_build_id_or_its_name)
{
        char *where = directory(), path[100];

        snprintf(path, sizeof path, "%s/stripped", where);
        run("objcopy --only-keep-debug --compress-debug-sections '%1$s' %2$s.debug", own_path(), path);
        run("objcopy --strip-all --add-gnu-debuglink=%2$s.debug '%1$s' %2$s", own_path(), path);
        expect_lines(path);
        run("mkdir %1$s/.debug%2$s && mv %1$s/*.debug %1$s/.debug", where, "");
        expect_lines(path);
        run("rm -r %s%s", where, "");
}

/* One byte in eight of each compressed section: names at most, and no harm. */
Test(symbols, damaged_debugging_information_does_no_harm)
{
        char *where = directory(), path[100];
        struct symbols *symbols;
        struct symbol symbol[SYMBOLS_DEPTH_MAX];
        FILE *file;
        long end;

        snprintf(path, sizeof path, "%s/damaged", where);
        run("objcopy --compress-debug-sections '%s' %s", own_path(), path);
        file = fopen(path, "r+");
        cr_assert_not_null(file);
        fseek(file, 0, SEEK_END);
        end = ftell(file);
        for (long at = end / 2; at < end - 10000; at += 8) {
                fseek(file, at, SEEK_SET);
                fputc(0x5a, file);
        }
        fclose(file);
        symbols = symbols_open(path, "");
        for (size_t depth = symbols_lookup(symbols, address_inside, symbol); depth-- > 0;)
                symbol_free(&symbol[depth]);
        symbols_close(symbols);
        run("rm -r %s%s", where, "");
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
