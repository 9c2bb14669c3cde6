/* The symbol cache, on a copy of this very program, which is built with -g. */
#include "analyzer/symbols/cache.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/symbols/cache_dir.h"
#include "analyzer/xalloc.h"

static volatile int sink;

static __attribute__((noinline)) void looked_for(void)
{
        sink++;
}

static char directory[] = "/tmp/heaptap-cache.XXXXXX";
static char *program, build_id[64];
static uint64_t address; /* of looked_for, in the file */

static int read_notes(struct dl_phdr_info *info, size_t bytes, void *context)
{
        (void)bytes;
        (void)context;
        address = (uint64_t)looked_for - info->dlpi_addr;
        for (size_t i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
                const uint8_t *at = (const uint8_t *)info->dlpi_addr + segment->p_vaddr;
                const ElfW(Nhdr) *note = (const void *)at;

                if (segment->p_type != PT_NOTE || note->n_type != NT_GNU_BUILD_ID)
                        continue;
                for (size_t j = 0; j < note->n_descsz && j < 20; j++)
                        sprintf(build_id + 2 * j, "%02x", at[sizeof *note + 4 + j]);
        }
        return 1; /* the first is the program */
}

static void setup(void)
{
        char *copy;

        dl_iterate_phdr(read_notes, NULL);
        cr_assert(mkdtemp(directory));
        program = xasprintf("%s/program", directory);
        copy = xasprintf("cp /proc/%d/exe %s", getpid(), program);
        cr_assert_eq(system(copy), 0);
        free(copy);
        setenv("XDG_CACHE_HOME", directory, 1);
}

static void teardown(void)
{
        char *remove = xasprintf("rm -r %s", directory);

        cr_assert_eq(system(remove), 0);
        free(remove);
        free(program);
}

static char *cache_file(void)
{
        return xasprintf("%s/heaptap/symbols/%s", directory, build_id);
}

static void expect_found(const char *function, const char *file)
{
        struct symbols *symbols = symbols_open(program, build_id);
        struct symbol symbol[SYMBOLS_DEPTH_MAX];

        cr_expect_eq(symbols_status(symbols), SYMBOLS_DEBUG);
        cr_assert_eq(symbols_lookup(symbols, address, symbol), 1);
        cr_expect_str_eq(symbol[0].function, function);
        cr_expect(strstr(symbol[0].file, file), "%s", symbol[0].file);
        cr_expect_gt(symbol[0].line, 0);
        symbol_free(&symbol[0]);
        symbols_close(symbols);
}

static void run(const char *command)
{
        char *file = cache_file(), *whole = xasprintf(command, file);

        cr_assert_eq(system(whole), 0, "%s", whole);
        free(whole);
        free(file);
}

TestSuite(symbol_cache, .init = setup, .fini = teardown);

Test(symbol_cache, what_was_found_once_is_not_looked_for_again)
{
        struct cache *cache;

        expect_found("looked_for", "symbol_cache.c");
        cache = cache_open(program, build_id);
        cr_assert(cache_holds(cache));
        cache_close(cache, NULL);
        run("sed -i s/looked_for/found_there/ %s");
        expect_found("found_there", "symbol_cache.c");
}

Test(symbol_cache, of_a_file_that_has_changed_it_knows_nothing)
{
        expect_found("looked_for", "symbol_cache.c");
        run("sed -i s/looked_for/found_there/ %s");
        cr_assert_eq(utimensat(AT_FDCWD, program, (struct timespec[]){{1, 0}, {1, 0}}, 0), 0);
        expect_found("looked_for", "symbol_cache.c");
        expect_found("looked_for", "symbol_cache.c"); /* kept anew */
}

Test(symbol_cache, what_else_is_asked_for_is_added)
{
        struct symbol symbol[SYMBOLS_DEPTH_MAX], known[SYMBOLS_DEPTH_MAX];
        struct symbols *symbols;
        struct cache *cache;
        size_t depth;

        for (int64_t i = 20; i >= 0; i--) {
                symbols = symbols_open(program, build_id);
                depth = symbols_lookup(symbols, address + 4096 * (uint64_t)i, symbol);
                for (size_t j = 0; j < depth; j++)
                        symbol_free(&symbol[j]);
                symbols_close(symbols);
        }
        cache = cache_open(program, build_id);
        symbols = symbols_open(program, "");
        for (uint64_t i = 0; i <= 20; i++) {
                cr_assert(cache_find(cache, address + 4096 * i, known, &depth));
                cr_assert_eq(symbols_lookup(symbols, address + 4096 * i, symbol), depth);
                for (size_t j = 0; j < depth; j++) {
                        cr_expect_eq(known[j].line, symbol[j].line);
                        cr_expect_eq(!known[j].function, !symbol[j].function);
                        cr_expect_eq(!known[j].file, !symbol[j].file);
                        if (known[j].function && symbol[j].function)
                                cr_expect_str_eq(known[j].function, symbol[j].function);
                        if (known[j].file && symbol[j].file)
                                cr_expect_str_eq(known[j].file, symbol[j].file);
                        symbol_free(&known[j]);
                        symbol_free(&symbol[j]);
                }
        }
        cr_expect_not(cache_find(cache, address + 1, known, &depth));
        symbols_close(symbols);
        cache_close(cache, NULL);
}

Test(symbol_cache, a_file_cut_anywhere_is_no_cache)
{
        char *file = cache_file();
        struct stat facts;

        expect_found("looked_for", "symbol_cache.c");
        cr_assert_eq(stat(file, &facts), 0);
        for (off_t bytes = facts.st_size - 1; bytes >= 0; bytes--) {
                struct cache *cache;

                cr_assert_eq(truncate(file, bytes), 0);
                cache = cache_open(program, build_id);
                cr_expect_not(cache_holds(cache), "%ld bytes", (long)bytes);
                cache_close(cache, NULL);
        }
        expect_found("looked_for", "symbol_cache.c");
        free(file);
}

static void make_file(const char *path, const char *name, time_t used)
{
        char *file = xasprintf("%s/%s", path, name);
        int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        cr_assert_eq(ftruncate(fd, 1000), 0);
        cr_assert_eq(futimens(fd, (struct timespec[]){{used, 0}, {used, 0}}), 0);
        close(fd);
        free(file);
}

static bool exists(const char *path, const char *name)
{
        char *file = xasprintf("%s/%s", path, name);
        bool found = access(file, F_OK) == 0;

        free(file);
        return found;
}

Test(symbol_cache, what_was_not_used_for_longest_goes_first)
{
        char *path = cache_dir();

        make_file(path, "new", 3000);
        make_file(path, "oldest", 1000);
        make_file(path, ".new.killed", 2000);
        cache_dir_limit(path, 3000);
        cr_expect(exists(path, "oldest"));
        cache_dir_limit(path, 2999);
        cr_expect_not(exists(path, "oldest"));
        cr_expect(exists(path, ".new.killed"));
        cache_dir_limit(path, 1000);
        cr_expect_not(exists(path, ".new.killed"));
        cr_expect(exists(path, "new"));
        free(path);
}

Test(symbol_cache, what_others_can_write_to_is_not_believed)
{
        char *path = cache_dir();

        cr_assert(path);
        cr_assert_eq(chmod(path, 0777), 0);
        cr_expect_null(cache_dir());
        cr_expect_null(cache_open(program, build_id));
        expect_found("looked_for", "symbol_cache.c");
        cr_expect_not(exists(path, build_id));
        free(path);
}
