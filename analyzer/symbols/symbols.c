/* elfutils' libdwfl, one Dwfl for each file, reported as a file on its own. It finds separate debugging information
 * in the usual places, and asks a debuginfod server if the user has named one in DEBUGINFOD_URLS. What the cache knows
 * is not looked for: then the file is never opened. */
#include "analyzer/symbols/symbols.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/symbols/cache.h"
#include "analyzer/symbols/demangle.h"
#include "analyzer/symbols/functions.h"
#include "analyzer/symbols/inflate.h"
#include "analyzer/symbols/names.h"
#include "analyzer/symbols/separate.h"
#include "analyzer/symbols/units.h"
#include "analyzer/xalloc.h"

struct symbols {
        char *path, *build_id;
        struct cache *cache; /* or NULL */
        bool opened;         /* the following is known; before, only the status, by the cache */
        bool elsewhere;      /* some of the debugging information is in other files */
        Dwfl *dwfl;
        Dwfl_Module *module;
        GElf_Addr bias; /* libdwfl's place for the file minus the addresses in it */
        enum symbols_status status;
        int separate_fd;         /* of the file with its debugging information, until that is read; -1: none */
        struct inflate *inflate; /* or NULL: then libdwfl has the debugging information */
        Dwarf *dwarf;
        Dwarf_Addr dwarf_bias; /* libdwfl's place minus the addresses in it */
        struct units *units;   /* made when first needed */
        struct functions *functions;
        struct names *names; /* made when first needed */
        struct names *data;  /* the same */
};

static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = separate_find,
        .section_address = dwfl_offline_section_address,
};

static bool has_section(Elf *elf, GElf_Word type)
{
        Elf_Scn *section = NULL;
        GElf_Shdr header;

        while (elf && (section = elf_nextscn(elf, section)))
                if (gelf_getshdr(section, &header) && header.sh_type == type)
                        return true;
        return false;
}

/* The symbol table first: it may be in a separate file, which is then known. */
static Dwarf *find_dwarf(struct symbols *symbols, const char *path)
{
        int fd = symbols->separate_fd;

        if (fd < 0)
                fd = open(path, O_RDONLY | O_CLOEXEC);
        symbols->separate_fd = -1;
        symbols->inflate = fd < 0 ? NULL : inflate_open(fd);
        symbols->dwarf_bias = symbols->bias;
        return symbols->inflate ? inflate_dwarf(symbols->inflate)
                                : dwfl_module_getdwarf(symbols->module, &symbols->dwarf_bias);
}

static enum symbols_status find_status(struct symbols *symbols, Elf *elf, const char *path)
{
        int count = dwfl_module_getsymtab(symbols->module);
        Dwarf_CU *cu = NULL;

        symbols->dwarf = find_dwarf(symbols, path);
        if (symbols->dwarf && dwarf_get_units(symbols->dwarf, NULL, &cu, NULL, NULL, NULL, NULL) == 0)
                return SYMBOLS_DEBUG;
        if (symbols->dwarf && has_section(dwarf_getelf(symbols->dwarf), SHT_SYMTAB))
                return SYMBOLS_SYMTAB;
        if (has_section(elf, SHT_SYMTAB))
                return SYMBOLS_SYMTAB;
        return count > 0 && has_section(elf, SHT_DYNSYM) ? SYMBOLS_DYNSYM : SYMBOLS_NONE;
}

/* Where separate_find shall leave what it finds. */
static void await_separate(struct symbols *symbols)
{
        void **userdata;

        if (symbols->module && dwfl_module_info(symbols->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL))
                *userdata = &symbols->separate_fd;
}

static void file_open(struct symbols *symbols)
{
        const char *path = symbols->path;

        symbols->opened = true;
        symbols->status = SYMBOLS_MISSING;
        symbols->dwfl = dwfl_begin(&callbacks);
        if (!symbols->dwfl || *path != '/')
                return; /* the vdso and the like have no file */
        dwfl_report_begin(symbols->dwfl);
        symbols->module = dwfl_report_offline(symbols->dwfl, path, path, -1);
        dwfl_report_end(symbols->dwfl, NULL, NULL);
        await_separate(symbols);

        Elf *elf = symbols->module ? dwfl_module_getelf(symbols->module, &symbols->bias) : NULL;

        if (!elf || !separate_build_id_fits(elf, symbols->build_id)) {
                symbols->module = NULL;
                return;
        }
        symbols->status = find_status(symbols, elf, path);
}

struct symbols *symbols_open(const char *path, const char *build_id)
{
        struct symbols *symbols = xcalloc(1, sizeof *symbols);

        symbols->path = xstrdup(path);
        symbols->build_id = xstrdup(build_id);
        symbols->separate_fd = -1;
        symbols->cache = cache_open(path, build_id);
        if (cache_holds(symbols->cache))
                symbols->status = SYMBOLS_DEBUG;
        else
                file_open(symbols);
        return symbols;
}

/* Where what was found has come from; NULL if it shall not be kept. */
static const char *debug_path(const struct symbols *symbols)
{
        const char *path = NULL, *name;
        const void *build_id;

        if (!symbols->opened || symbols->status != SYMBOLS_DEBUG || symbols->elsewhere ||
            dwelf_dwarf_gnu_debugaltlink(symbols->dwarf, &name, &build_id) > 0)
                return NULL;
        dwfl_module_info(symbols->module, NULL, NULL, NULL, NULL, NULL, NULL, &path);
        return path ? path : symbols->path;
}

void symbols_close(struct symbols *symbols)
{
        cache_close(symbols->cache, debug_path(symbols));
        functions_free(&symbols->functions);
        units_close(symbols->units);
        names_close(symbols->names);
        names_close(symbols->data);
        inflate_close(symbols->inflate);
        if (symbols->separate_fd >= 0)
                close(symbols->separate_fd);
        if (symbols->dwfl)
                dwfl_end(symbols->dwfl);
        free(symbols->path);
        free(symbols->build_id);
        free(symbols);
}

enum symbols_status symbols_status(const struct symbols *symbols)
{
        return symbols->status;
}

const char *symbols_status_name(enum symbols_status status)
{
        static const char *const names[] = {
                [SYMBOLS_DEBUG] = "debug", [SYMBOLS_SYMTAB] = "symtab",   [SYMBOLS_DYNSYM] = "dynsym",
                [SYMBOLS_NONE] = "none",   [SYMBOLS_MISSING] = "missing",
        };

        return names[status];
}

void symbol_free(struct symbol *symbol)
{
        free(symbol->function);
        free(symbol->file);
}

/* A mangled linkage name says more: scopes and parameters. Others are names between the files of a library. */
static char *die_function(Dwarf_Die *die)
{
        Dwarf_Attribute attribute;
        const char *name = NULL;

        if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
            dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
                name = dwarf_formstring(&attribute);
        if (!name || (strncmp(name, "_Z", 2) != 0 && strncmp(name, "_R", 2) != 0))
                name = dwarf_diename(die);
        return name ? demangle(name) : NULL;
}

static void source_of_address(const struct unit *unit, Dwarf_Addr address, struct symbol *symbol)
{
        Dwarf_Die die = unit->lines;
        Dwarf_Line *line = dwarf_getsrc_die(&die, address);
        const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;

        if (!file)
                return;
        symbol->file = xstrdup(file);
        dwarf_lineno(line, &symbol->line);
}

/* Where the inlined function `die` was called. */
static void source_of_call(Dwarf_Die *unit, Dwarf_Die *die, struct symbol *symbol)
{
        Dwarf_Attribute attribute;
        Dwarf_Word number;
        Dwarf_Files *files;

        if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &number) == 0)
                symbol->line = (int)number;
        if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &number) == 0 &&
            dwarf_getsrcfiles(unit, &files, NULL) == 0) {
                const char *file = dwarf_filesrc(files, number, NULL, NULL);

                symbol->file = file ? xstrdup(file) : NULL;
        }
}

/* The unit that has the address, which becomes an address in its debugging information. */
static bool find_unit(struct symbols *symbols, GElf_Addr at, struct unit *ret_unit, Dwarf_Addr *ret_address)
{
        if (symbols->status != SYMBOLS_DEBUG)
                return false;
        if (!symbols->units)
                symbols->units = units_open(symbols->dwarf);
        *ret_address = at - symbols->dwarf_bias;
        if (!units_find(symbols->units, *ret_address, ret_unit))
                return false;
        symbols->elsewhere |=
                dwarf_hasattr(&ret_unit->lines, DW_AT_dwo_name) || dwarf_hasattr(&ret_unit->lines, DW_AT_GNU_dwo_name);
        return true;
}

/* The chain of inlined functions around the address, out to the function that has it. */
static size_t lookup_inlined(struct symbols *symbols, struct unit *unit, Dwarf_Addr address, struct symbol *symbol)
{
        Dwarf_Die scope[SYMBOLS_DEPTH_MAX];
        size_t depth = functions_scopes(&symbols->functions, &unit->functions, address, scope, SYMBOLS_DEPTH_MAX);

        for (size_t i = 0; i < depth; i++) {
                symbol[i].function = die_function(&scope[i]);
                if (i + 1 < depth)
                        source_of_call(&unit->functions, &scope[i], &symbol[i + 1]);
        }
        return depth;
}

static size_t look_up(struct symbols *symbols, uint64_t address, struct symbol *ret_symbol)
{
        GElf_Addr at = address + symbols->bias;
        struct unit unit;
        Dwarf_Addr unit_address;
        bool has_unit;
        size_t depth = 0;

        if (!symbols->module)
                return 0;
        memset(ret_symbol, 0, SYMBOLS_DEPTH_MAX * sizeof *ret_symbol);
        has_unit = find_unit(symbols, at, &unit, &unit_address);
        if (has_unit)
                depth = lookup_inlined(symbols, &unit, unit_address, ret_symbol);
        if (depth == 0 || !ret_symbol[depth - 1].function) {
                if (!symbols->names)
                        symbols->names = names_open(symbols->module);

                GElf_Addr start;
                const char *name = names_find(symbols->names, at, &start);

                depth += depth == 0;
                ret_symbol[depth - 1].function = name ? demangle(name) : NULL;
        }
        if (has_unit)
                source_of_address(&unit, unit_address, &ret_symbol[0]);
        return ret_symbol[0].function || ret_symbol[0].file || depth > 1 ? depth : 0;
}

size_t symbols_lookup(struct symbols *symbols, uint64_t address, struct symbol *ret_symbol)
{
        size_t depth;

        if (cache_find(symbols->cache, address, ret_symbol, &depth))
                return depth;
        if (!symbols->opened)
                file_open(symbols);
        depth = look_up(symbols, address, ret_symbol);
        if (symbols->cache && symbols->status == SYMBOLS_DEBUG)
                cache_add(symbols->cache, address, ret_symbol, depth);
        return depth;
}

char *symbols_data(struct symbols *symbols, uint64_t address, uint64_t *ret_offset)
{
        GElf_Addr at, start;
        const char *name;

        if (!symbols->opened)
                file_open(symbols);
        if (!symbols->module)
                return NULL;
        at = address + symbols->bias;
        if (!symbols->data)
                symbols->data = names_open_data(symbols->module);
        name = names_find(symbols->data, at, &start);
        if (!name)
                return NULL;
        *ret_offset = at - start;
        return demangle(name);
}
