/* A text: a line that names the format, one for each of the two files, then an address a line with the symbols found
 * there below it, and last how many addresses these are. It gets its name only when it is whole. */
#include "analyzer/symbols/cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/symbols/cache_dir.h"
#include "analyzer/xalloc.h"

static const char format[] = "heaptap symbols 1 " HEAPTAP_VERSION; /* the number counts changes of what is found, too */

enum { USED_SECONDS = 3600 /* before a use is noted again */ };

/* What is at an address: `depth` lines of text. */
struct known {
        uint64_t address;
        const char *line;
        uint32_t depth;
};

struct cache {
        char *directory, *name; /* the name of the file there */
        char *path;
        char *text;          /* of the file; NULL: it holds nothing */
        struct known *known; /* by address */
        size_t known_count, known_room;
        struct known *added; /* their lines are to be freed */
        size_t added_count, added_room;
};

/* Which file it is, and of when; to be freed. NULL: there is none. */
static char *identity(const char *path)
{
        struct stat facts;

        if (stat(path, &facts) != 0 || strchr(path, '\n'))
                return NULL;
        return xasprintf("%jd %jd.%09ld %ju %s", (intmax_t)facts.st_size, (intmax_t)facts.st_mtim.tv_sec,
                         facts.st_mtim.tv_nsec, (uintmax_t)facts.st_ino, path);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* The line at *at, now ended by NUL; NULL: there is no whole one. */
static char *next_line(char **at)
{
        char *line = *at, *end = strchr(line, '\n');

        if (!end)
                return NULL;
        *end = '\0';
        *at = end + 1;
        return line;
}

/* The line says that of a file which is still the same. */
static bool still_is(const char *line)
{
        const char *path = line ? strchr(line, '/') : NULL;
        char *now = path ? identity(path) : NULL;
        bool same = now && strcmp(now, line) == 0;

        free(now);
        return same;
}

static bool read_known(struct cache *cache, char **at, const char *line)
{
        struct known known = {.line = *at};

        if (sscanf(line, "%" SCNx64 " %" SCNu32, &known.address, &known.depth) != 2 ||
            known.depth > SYMBOLS_DEPTH_MAX ||
            (cache->known_count && cache->known[cache->known_count - 1].address >= known.address))
                return false;
        for (uint32_t i = 0; i < known.depth; i++)
                if (!next_line(at))
                        return false;
        cache->known = xgrow(cache->known, cache->known_count, &cache->known_room, sizeof *cache->known);
        cache->known[cache->known_count++] = known;
        return true;
}

static bool read_all(struct cache *cache)
{
        char *at = cache->text, *line = next_line(&at), *module;
        size_t count;

        if (!line || strcmp(line, format) != 0)
                return false;
        module = next_line(&at);
        if (!still_is(module) || strcmp(strchr(module, '/'), cache->path) != 0 || !still_is(next_line(&at)))
                return false;
        while ((line = next_line(&at))) {
                if (sscanf(line, "end %zu", &count) == 1)
                        return count == cache->known_count && !*at;
                if (!read_known(cache, &at, line))
                        return false;
        }
        return false;
}

static char *read_text(int fd)
{
        struct stat facts;
        char *text;

        if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size > CACHE_FILE_BYTES_MAX)
                return NULL;
        text = xcalloc((size_t)facts.st_size + 1, 1);
        if (read(fd, text, (size_t)facts.st_size) == facts.st_size)
                return text;
        free(text);
        return NULL;
}

static void forget(struct cache *cache)
{
        free(cache->known);
        free(cache->text);
        cache->known = NULL;
        cache->text = NULL;
        cache->known_count = cache->known_room = 0;
}

struct cache *cache_open(const char *path, const char *build_id)
{
        size_t digits = strspn(build_id, "0123456789abcdef");
        struct cache *cache;
        char *directory, *file;
        int fd;

        if (digits < 8 || build_id[digits] || *path != '/' || !(directory = cache_dir()))
                return NULL;
        cache = xcalloc(1, sizeof *cache);
        cache->directory = directory;
        cache->name = xstrdup(build_id);
        cache->path = xstrdup(path);
        file = xasprintf("%s/%s", directory, build_id);
        fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        free(file);
        if (fd < 0)
                return cache;
        cache->text = read_text(fd);
        if (!cache->text || !read_all(cache))
                forget(cache);
        else
                cache_dir_used(fd, USED_SECONDS);
        close(fd);
        return cache;
}

bool cache_holds(const struct cache *cache)
{
        return cache && cache->text;
}

/* A field, empty for NULL, and else with a mark before it. */
static char *field(const char *at, size_t length)
{
        return length && *at == '=' ? xmemdup0(at + 1, length - 1) : NULL;
}

/* LINE FUNCTION tab FILE */
static struct symbol symbol_of(const char *line)
{
        struct symbol symbol = {.line = (int)strtol(line, NULL, 10)};
        const char *function = strchr(line, ' '), *tab = function ? strchr(function, '\t') : NULL;

        if (tab) {
                symbol.function = field(function + 1, (size_t)(tab - function - 1));
                symbol.file = field(tab + 1, strlen(tab + 1));
        }
        return symbol;
}

static int by_address(const void *left, const void *right)
{
        const struct known *a = left, *b = right;

        return (a->address > b->address) - (a->address < b->address);
}

bool cache_find(const struct cache *cache, uint64_t address, struct symbol *ret_symbol, size_t *ret_depth)
{
        const struct known key = {.address = address}, *known = NULL;
        const char *line;

        if (cache && cache->known_count)
                known = bsearch(&key, cache->known, cache->known_count, sizeof key, by_address);
        if (!known)
                return false;
        line = known->line;
        for (uint32_t i = 0; i < known->depth; i++, line += strlen(line) + 1)
                ret_symbol[i] = symbol_of(line);
        *ret_depth = known->depth;
        return true;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static bool can_be_written(const char *text)
{
        return !text || !strpbrk(text, "\t\n");
}

void cache_add(struct cache *cache, uint64_t address, const struct symbol *symbol, size_t depth)
{
        struct known known = {.address = address, .depth = (uint32_t)depth};
        char *lines = NULL;
        size_t bytes = 0;
        FILE *to;

        for (size_t i = 0; i < depth; i++)
                if (!can_be_written(symbol[i].function) || !can_be_written(symbol[i].file))
                        return;
        to = open_memstream(&lines, &bytes);
        if (!to)
                return;
        for (size_t i = 0; i < depth; i++) {
                const char *function = symbol[i].function, *file = symbol[i].file;

                fprintf(to, "%d %s%s\t%s%s%c", symbol[i].line, function ? "=" : "", function ? function : "",
                        file ? "=" : "", file ? file : "", '\0');
        }
        if (fclose(to) != 0) {
                free(lines);
                return;
        }
        known.line = lines;
        cache->added = xgrow(cache->added, cache->added_count, &cache->added_room, sizeof *cache->added);
        cache->added[cache->added_count++] = known;
}

static void write_known(FILE *to, const struct known *known)
{
        const char *line = known->line;

        fprintf(to, "%" PRIx64 " %" PRIu32 "\n", known->address, known->depth);
        for (uint32_t i = 0; i < known->depth; i++, line += strlen(line) + 1)
                fprintf(to, "%s\n", line);
}

/* Both by address; an address that was added twice is written once. Returns how many. */
static size_t write_merged(FILE *to, const struct cache *cache)
{
        size_t old = 0, new = 0, count = 0;

        while (old < cache->known_count || new < cache->added_count) {
                const struct known *known;

                if (new == cache->added_count ||
                    (old < cache->known_count && cache->known[old].address < cache->added[new].address))
                        known = &cache->known[old++];
                else
                        known = &cache->added[new ++];
                while (new < cache->added_count && cache->added[new].address == known->address)
                        new ++;
                write_known(to, known);
                count++;
        }
        return count;
}

static bool write_all(FILE *to, const struct cache *cache, const char *module, const char *debug)
{
        fprintf(to, "%s\n%s\n%s\n", format, module, debug);
        fprintf(to, "end %zu\n", write_merged(to, cache));
        return fflush(to) == 0 && !ferror(to) && ftell(to) <= CACHE_FILE_BYTES_MAX;
}

static void write_file(struct cache *cache, const char *debug_path)
{
        char *module = identity(cache->path), *debug = identity(debug_path);
        char *file = xasprintf("%s/%s", cache->directory, cache->name);
        char *temporary = xasprintf("%s/.new.XXXXXX", cache->directory);
        int fd = module && debug ? mkostemp(temporary, O_CLOEXEC) : -1;
        FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

        if (to) {
                bool good = write_all(to, cache, module, debug);

                good = fclose(to) == 0 && good;
                if (!good || rename(temporary, file) != 0)
                        unlink(temporary);
                cache_dir_limit(cache->directory, CACHE_BYTES_MAX);
        } else if (fd >= 0) {
                close(fd);
                unlink(temporary);
        }
        free(module);
        free(debug);
        free(file);
        free(temporary);
}

void cache_close(struct cache *cache, const char *debug_path)
{
        if (!cache)
                return;
        if (cache->added_count && debug_path) {
                qsort(cache->added, cache->added_count, sizeof *cache->added, by_address);
                write_file(cache, debug_path);
        }
        for (size_t i = 0; i < cache->added_count; i++)
                free((char *)cache->added[i].line);
        free(cache->added);
        forget(cache);
        free(cache->directory);
        free(cache->name);
        free(cache->path);
        free(cache);
}
