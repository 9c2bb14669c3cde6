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
        Dwarf *dwarf;
        Dwarf_Aranges *told; /* by .debug_aranges; NULL: nothing */
        bool searched;       /* the units themselves have been asked */
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

/* Asks every unit. */
static void search(struct units *units)
{
        Dwarf_CU *at = NULL;
        Dwarf_Die die, split;

        units->searched = true;
        while (units->dwarf && dwarf_get_units(units->dwarf, at, &at, NULL, NULL, &die, &split) == 0) {
                if (dwarf_tag(&die) != DW_TAG_compile_unit && dwarf_tag(&die) != DW_TAG_skeleton_unit)
                        continue;
                units->unit = xgrow(units->unit, units->unit_count, &units->unit_room, sizeof *units->unit);
                units->unit[units->unit_count] = (struct unit){die, split.addr ? split : die};
                add_ranges(units, units->unit_count++);
        }
        if (units->range_count)
                qsort(units->range, units->range_count, sizeof *units->range, by_low);
}

struct units *units_open(Dwarf *dwarf)
{
        struct units *units = xcalloc(1, sizeof *units);
        size_t count;

        units->dwarf = dwarf;
        if (!dwarf || dwarf_getaranges(dwarf, &units->told, &count) != 0)
                units->told = NULL;
        return units;
}

static bool find_told(const struct units *units, Dwarf_Addr address, struct unit *ret_unit)
{
        Dwarf_Arange *range = units->told ? dwarf_getarange_addr(units->told, address) : NULL;
        Dwarf_Off offset;
        Dwarf_Die die, split;

        if (!range || dwarf_getarangeinfo(range, NULL, NULL, &offset) != 0 ||
            !dwarf_offdie(units->dwarf, offset, &die) ||
            (dwarf_tag(&die) != DW_TAG_compile_unit && dwarf_tag(&die) != DW_TAG_skeleton_unit) ||
            dwarf_cu_info(die.cu, NULL, NULL, NULL, &split, NULL, NULL, NULL) != 0)
                return false;
        *ret_unit = (struct unit){die, split.addr ? split : die};
        return true;
}

bool units_find(struct units *units, Dwarf_Addr address, struct unit *ret_unit)
{
        size_t low = 0, high;

        if (find_told(units, address, ret_unit))
                return true;
        if (!units->searched)
                search(units);
        high = units->range_count;
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
