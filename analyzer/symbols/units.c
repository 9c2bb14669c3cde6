/* One sorted array of address ranges, made once for a file. */
#include "analyzer/symbols/units.h"

#include <dwarf.h>
#include <stdlib.h>

#include "analyzer/xalloc.h"

struct range {
        Dwarf_Addr low, high;
        size_t unit;
};

struct units {
        struct unit *unit;
        size_t unit_count, unit_room;
        struct range *range;
        size_t range_count, range_room;
};

static void add_ranges(struct units *units, size_t unit)
{
        Dwarf_Addr base, low, high;
        ptrdiff_t at = 0;

        while ((at = dwarf_ranges(&units->unit[unit].lines, at, &base, &low, &high)) > 0) {
                if (low == 0 || low >= high)
                        continue; /* of code that the linker has thrown away */
                units->range = xgrow(units->range, units->range_count, &units->range_room, sizeof *units->range);
                units->range[units->range_count++] = (struct range){low, high, unit};
        }
}

static int by_low(const void *left, const void *right)
{
        const struct range *a = left, *b = right;

        if (a->low != b->low)
                return a->low < b->low ? -1 : 1;
        return (a->unit > b->unit) - (a->unit < b->unit);
}

struct units *units_open(Dwarf *dwarf)
{
        struct units *units = xcalloc(1, sizeof *units);
        Dwarf_CU *at = NULL;
        Dwarf_Die die, split;

        while (dwarf && dwarf_get_units(dwarf, at, &at, NULL, NULL, &die, &split) == 0) {
                if (dwarf_tag(&die) != DW_TAG_compile_unit && dwarf_tag(&die) != DW_TAG_skeleton_unit)
                        continue;
                units->unit = xgrow(units->unit, units->unit_count, &units->unit_room, sizeof *units->unit);
                units->unit[units->unit_count] = (struct unit){die, split.addr ? split : die};
                add_ranges(units, units->unit_count++);
        }
        if (units->range_count)
                qsort(units->range, units->range_count, sizeof *units->range, by_low);
        return units;
}

bool units_find(const struct units *units, Dwarf_Addr address, struct unit *ret_unit)
{
        size_t low = 0, high = units->range_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (units->range[middle].low <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == 0 || address >= units->range[low - 1].high)
                return false;
        *ret_unit = units->unit[units->range[low - 1].unit];
        return true;
}

void units_close(struct units *units)
{
        if (!units)
                return;
        free(units->unit);
        free(units->range);
        free(units);
}
