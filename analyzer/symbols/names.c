/* A sorted array. Among symbols of one address the most public one names it. */
#include "analyzer/symbols/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

struct name {
        GElf_Addr address, size;
        unsigned char bind;
        const char *text;
};

struct names {
        struct name *name;
        size_t count, room;
};

static unsigned rank(const struct name *name)
{
        unsigned underscores = (unsigned)strspn(name->text, "_");

        return (name->bind == STB_GLOBAL ? 0
                : name->bind == STB_WEAK ? 1
                                         : 2) *
                       16 +
               (underscores > 15 ? 15 : underscores);
}

/* By address; at one address the one to be shown comes last, so that it is found first from behind. */
static int by_address(const void *left, const void *right)
{
        const struct name *a = left, *b = right;

        if (a->address != b->address)
                return a->address < b->address ? -1 : 1;
        if ((a->size == 0) != (b->size == 0))
                return a->size == 0 ? -1 : 1;
        if (rank(a) != rank(b))
                return rank(a) > rank(b) ? -1 : 1;
        return -strcmp(a->text, b->text);
}

static bool is_function(const GElf_Sym *symbol)
{
        int type = GELF_ST_TYPE(symbol->st_info);

        return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

static bool is_data(const GElf_Sym *symbol)
{
        int type = GELF_ST_TYPE(symbol->st_info);

        return symbol->st_shndx != SHN_UNDEF && symbol->st_size && (type == STT_OBJECT || type == STT_COMMON);
}

static struct names *open_names(Dwfl_Module *module, bool (*wanted)(const GElf_Sym *symbol))
{
        struct names *names = xcalloc(1, sizeof *names);
        int count = dwfl_module_getsymtab(module);

        for (int i = 1; i < count; i++) {
                GElf_Sym symbol;
                GElf_Addr address;
                const char *text = dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);

                if (!text || !*text || !wanted(&symbol))
                        continue;
                names->name = xgrow(names->name, names->count, &names->room, sizeof *names->name);
                names->name[names->count++] =
                        (struct name){address, symbol.st_size, GELF_ST_BIND(symbol.st_info), text};
        }
        if (names->count)
                qsort(names->name, names->count, sizeof *names->name, by_address);
        return names;
}

struct names *names_open(Dwfl_Module *module)
{
        return open_names(module, is_function);
}

struct names *names_open_data(Dwfl_Module *module)
{
        return open_names(module, is_data);
}

void names_close(struct names *names)
{
        if (!names)
                return;
        free(names->name);
        free(names);
}

const char *names_find(const struct names *names, GElf_Addr address, GElf_Addr *ret_start)
{
        enum { LOOK_BACK = 64 }; /* past symbols that lie within a larger one */
        size_t low = 0, high = names->count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (names->name[middle].address <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (size_t i = low; i > 0 && low - i < LOOK_BACK; i--) {
                const struct name *name = &names->name[i - 1];

                if (address - name->address < name->size) {
                        *ret_start = name->address;
                        return name->text;
                }
        }
        /* Hand-written code may tell no sizes: it is taken to go on to the next symbol. */
        if (!low || low == names->count || names->name[low - 1].size != 0)
                return NULL;
        *ret_start = names->name[low - 1].address;
        return names->name[low - 1].text;
}
