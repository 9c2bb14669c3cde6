#include "preload/leaks/rows.h"

#include "preload/leaks/pages.h"
#include "preload/record/recorder.h"

enum { ROWS_FIRST = 256 };

static struct leak_row *row_find(const struct leak_rows *rows, const struct leak_row *like)
{
        uint64_t hash = ((uint64_t)like->root << 32 | like->stack) * UINT64_C(0x9e3779b97f4a7c15);
        size_t place = (hash >> 32 ^ hash ^ like->class) & (rows->max - 1);
        struct leak_row *row = &rows->row[place];

        while (row->blocks && (row->stack != like->stack || row->root != like->root || row->class != like->class)) {
                place = (place + 1) & (rows->max - 1);
                row = &rows->row[place];
        }
        return row;
}

static bool rows_grow(struct leak_rows *rows)
{
        struct leak_rows more = {.count = rows->count, .max = rows->max ? rows->max * 2 : ROWS_FIRST};

        more.row = pages_map(more.max * sizeof *more.row);
        if (!more.row)
                return false;
        for (size_t i = 0; i < rows->max; i++)
                if (rows->row[i].blocks)
                        *row_find(&more, &rows->row[i]) = rows->row[i];
        leak_rows_close(rows);
        *rows = more;
        return true;
}

static uint64_t birth(uint64_t record)
{
        return record >> RECORDER_BIRTH_SHIFT & 0xffff;
}

bool leak_rows_add(struct leak_rows *rows, const struct leak_row *block)
{
        struct leak_row *row;

        if (rows->count * 2 >= rows->max && !rows_grow(rows))
                return false;
        row = row_find(rows, block);
        if (!row->blocks) {
                *row = *block;
                rows->count++;
                return true;
        }
        row->flags |= block->flags;
        row->blocks += block->blocks;
        row->bytes += block->bytes;
        row->usable += block->usable;
        if (birth(block->first) < birth(row->first))
                row->first = block->first;
        if (birth(block->last) > birth(row->last))
                row->last = block->last;
        return true;
}

void leak_rows_close(struct leak_rows *rows)
{
        pages_unmap(rows->row, rows->max * sizeof *rows->row);
        *rows = (struct leak_rows){.row = NULL};
}
