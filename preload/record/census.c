/* Open addressing, doubled when half full. */
#define _GNU_SOURCE
#include "preload/record/census.h"

#include <sys/mman.h>

#include "preload/platform.h"

enum { ROWS_FIRST = 1024 };

static struct census_row *row_find(struct census_row *row, size_t row_max, uint32_t stack, size_t apart)
{
        size_t at = (stack + apart) * UINT32_C(0x9E3779B1) & (row_max - 1);

        while (row[at].used && (row[at].stack != stack || row[at].apart != apart))
                at = (at + 1) & (row_max - 1);
        return &row[at];
}

static bool census_grow(struct census *census)
{
        size_t row_max = census->row_max ? census->row_max * 2 : ROWS_FIRST;
        struct census_row *row =
                mmap(NULL, row_max * sizeof *row, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (row == MAP_FAILED)
                return false;
        for (size_t i = 0; i < census->row_max; i++)
                if (census->row[i].used)
                        *row_find(row, row_max, census->row[i].stack, census->row[i].apart) = census->row[i];
        census_close(census);
        census->row = row;
        census->row_max = row_max;
        return true;
}

bool census_add(struct census *census, const struct census_block *block)
{
        struct census_row *row;
        size_t apart;

        if (census->row_count * 2 >= census->row_max && !census_grow(census))
                return false;
        apart = census->by_usable ? block->usable : 0;
        row = row_find(census->row, census->row_max, block->stack, apart);
        census->row_count += !row->used;
        row->stack = block->stack;
        row->apart = apart;
        row->used = 1;
        row->blocks++;
        row->bytes += block->bytes;
        row->usable += block->usable;
        row->pinned += block->pinned;
        row->pinning_blocks += block->slab != NULL;
        row->pinned_slabs += block->slab && block->slab != row->slab_last;
        row->slab_last = block->slab;
        return true;
}

void census_close(struct census *census)
{
        if (census->row)
                munmap(census->row, census->row_max * sizeof *census->row);
        census->row = NULL;
        census->row_max = 0;
}
