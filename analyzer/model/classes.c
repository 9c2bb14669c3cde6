/* One table for all processes of a stream: they run the same library. It must not change on the way, or what an
 * allocation was charged and its free is credited would differ. */
#include "analyzer/model/classes.h"

static uint64_t classes_search(const struct wire_classes *sizes, uint64_t size)
{
        size_t low = 0, high = sizes->class_count;

        if (size > sizes->block_bytes[high - 1]) {
                uint64_t over = size % sizes->page_bytes;

                return over && size <= UINT64_MAX - sizes->page_bytes ? size + (sizes->page_bytes - over) : size;
        }
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (sizes->block_bytes[middle] < size)
                        low = middle + 1;
                else
                        high = middle;
        }
        return sizes->block_bytes[low];
}

/* A search for each event was a third of the reader's time. A step of the table can stand for all its sizes only if no
 * block size lies within it. */
static void table_fill(struct classes *classes)
{
        const struct wire_classes *sizes = &classes->sizes;
        size_t at = 0;

        for (uint64_t i = 0; i <= CLASSES_TABLE_MAX; i++) {
                uint64_t least = i ? (i - 1) * CLASSES_STEP + 1 : 0, most = i * CLASSES_STEP;

                while (at < sizes->class_count && sizes->block_bytes[at] < least)
                        at++;
                classes->usable[i] =
                        at < sizes->class_count && sizes->block_bytes[at] >= most ? sizes->block_bytes[at] : 0;
        }
}

void classes_init(struct classes *classes)
{
        size_t count = 0;

        *classes = (struct classes){.sizes.page_bytes = 4096};
        for (uint64_t bytes = 16; bytes <= 256; bytes += 16)
                classes->sizes.block_bytes[count++] = bytes;
        for (uint64_t doubling = 256; doubling < 32768; doubling *= 2)
                for (uint64_t step = 1; step <= 8; step++)
                        classes->sizes.block_bytes[count++] = doubling + step * (doubling / 8);
        classes->sizes.class_count = count;
        table_fill(classes);
}

void classes_set(struct classes *classes, const struct wire_classes *told)
{
        if (classes->told || told->class_count == 0 || told->page_bytes == 0)
                return;
        for (size_t i = 1; i < told->class_count; i++)
                if (told->block_bytes[i] <= told->block_bytes[i - 1])
                        return;
        classes->told = true;
        classes->sizes = *told;
        table_fill(classes);
}

uint64_t classes_usable(const struct classes *classes, uint64_t size)
{
        uint64_t usable = 0;

        if (size <= CLASSES_TABLE_MAX * CLASSES_STEP)
                usable = classes->usable[(size + CLASSES_STEP - 1) / CLASSES_STEP];
        return usable ? usable : classes_search(&classes->sizes, size);
}
