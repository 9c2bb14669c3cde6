/* One sorted array of address ranges for each unit that was asked about. */
#include "analyzer/symbols/functions.h"

#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uthash.h>

#include "analyzer/xalloc.h"

struct range {
        Dwarf_Addr low, high;
        Dwarf_Die die;
};

struct functions {
        Dwarf_Off unit; /* offset of its DIE */
        struct range *range;
        size_t count, room;
        UT_hash_handle hh;
};

enum { NESTING_MAX = 64 }; /* of scopes in the file, which may be damaged */

static void add_ranges(struct functions *unit, Dwarf_Die *die)
{
        Dwarf_Addr base, low, high;
        ptrdiff_t at = 0;

        while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
                unit->range = xgrow(unit->range, unit->count, &unit->room, sizeof *unit->range);
                unit->range[unit->count++] = (struct range){low, high, *die};
        }
}

static bool holds_functions(int tag)
{
        return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
               tag == DW_TAG_union_type || tag == DW_TAG_module;
}

static void add_functions(struct functions *unit, Dwarf_Die *parent, unsigned nesting)
{
        Dwarf_Die die;

        if (nesting > NESTING_MAX || dwarf_child(parent, &die) != 0)
                return;
        do {
                int tag = dwarf_tag(&die);

                if (tag == DW_TAG_subprogram)
                        add_ranges(unit, &die);
                else if (holds_functions(tag))
                        add_functions(unit, &die, nesting + 1);
        } while (dwarf_siblingof(&die, &die) == 0);
}

static int by_low(const void *left, const void *right)
{
        const struct range *a = left, *b = right;

        return (a->low > b->low) - (a->low < b->low);
}

static struct functions *unit_index(struct functions **functions, Dwarf_Die *die)
{
        Dwarf_Off offset = dwarf_dieoffset(die);
        struct functions *unit;

        HASH_FIND(hh, *functions, &offset, sizeof offset, unit);
        if (unit)
                return unit;
        unit = xcalloc(1, sizeof *unit);
        unit->unit = offset;
        add_functions(unit, die, 0);
        if (unit->count)
                qsort(unit->range, unit->count, sizeof *unit->range, by_low);
        HASH_ADD(hh, *functions, unit, sizeof unit->unit, unit);
        return unit;
}

static const struct range *unit_find(const struct functions *unit, Dwarf_Addr address)
{
        size_t low = 0, high = unit->count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (unit->range[middle].low <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low && address < unit->range[low - 1].high ? &unit->range[low - 1] : NULL;
}

/* The scope within `parent` that has the address. False: none. */
static bool scope_within(Dwarf_Die *parent, Dwarf_Addr address, Dwarf_Die *ret_scope)
{
        Dwarf_Die die;

        if (dwarf_child(parent, &die) != 0)
                return false;
        do {
                int tag = dwarf_tag(&die);

                if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
                    dwarf_haspc(&die, address) == 1) {
                        *ret_scope = die;
                        return true;
                }
        } while (dwarf_siblingof(&die, &die) == 0);
        return false;
}

size_t functions_scopes(struct functions **functions, Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *ret_scope,
                        size_t scope_max)
{
        const struct range *range = unit_find(unit_index(functions, unit), address);
        Dwarf_Die outward[NESTING_MAX], at, next;
        size_t count = 0, kept;

        if (!range)
                return 0;
        at = range->die;
        outward[count++] = at;
        for (unsigned nesting = 0; nesting < NESTING_MAX && scope_within(&at, address, &next); nesting++) {
                at = next;
                if (dwarf_tag(&at) == DW_TAG_inlined_subroutine && count < NESTING_MAX)
                        outward[count++] = at;
        }
        /* Of more than fit, the innermost are left out: the function itself must stay. */
        kept = count < scope_max ? count : scope_max;
        for (size_t i = 0; i < kept; i++)
                ret_scope[i] = outward[kept - 1 - i];
        return kept;
}

void functions_free(struct functions **functions)
{
        struct functions *unit, *next;

        HASH_ITER(hh, *functions, unit, next) {
                HASH_DEL(*functions, unit);
                free(unit->range);
                free(unit);
        }
}
