/* The arithmetic of the size classes, for every size and every offset there is. */
#include <criterion/criterion.h>

#include "preload/alloc/size_class.h"

Test(size_class, every_size_gets_the_smallest_class_that_holds_it)
{
        for (size_t size = 0; size <= SIZE_CLASS_BYTES_MAX; size++) {
                unsigned size_class = size_class_of(size);

                cr_assert_lt(size_class, SIZE_CLASSES, "%zu", size);
                cr_assert_geq(size_classes[size_class].bytes, size);
                cr_assert(!size_class || size_classes[size_class - 1].bytes < size, "%zu", size);
        }
}

Test(size_class, a_block_has_at_most_an_eighth_more_than_was_asked_for)
{
        for (size_t size = 256; size <= SIZE_CLASS_BYTES_MAX; size++)
                cr_assert_lt((size_classes[size_class_of(size)].bytes - size) * 8, size, "%zu", size);
}

Test(size_class, the_index_of_every_offset_is_exact)
{
        for (unsigned c = 0; c < SIZE_CLASSES; c++) {
                const struct size_class *class = &size_classes[c];

                for (uint32_t offset = 0; offset < class->slices * 65536u; offset++)
                        if (size_class_index(offset, class->reciprocal) != offset / class->bytes)
                                cr_assert_fail("offset %u in class %u", offset, c);
        }
}

Test(size_class, the_blocks_of_a_slab_fit_into_it_and_no_more_would)
{
        for (unsigned c = 0; c < SIZE_CLASSES; c++) {
                const struct size_class *class = &size_classes[c];

                cr_assert_leq(class->blocks * class->bytes, class->slices * 65536u);
                cr_assert_gt((class->blocks + 1) * class->bytes, class->slices * 65536u);
        }
}

Test(size_class, an_aligned_class_is_a_multiple_of_the_alignment_and_its_slack_fits_into_12_bits)
{
        for (size_t alignment = 16; alignment <= 65536; alignment *= 2)
                for (size_t size = 0; size <= SIZE_CLASS_BYTES_MAX + 1; size++) {
                        unsigned size_class = size_class_aligned(size, alignment);

                        if (size_class == SIZE_CLASSES) {
                                cr_assert(size > SIZE_CLASS_BYTES_MAX || alignment - size > SIZE_CLASS_SLACK_MAX,
                                          "%zu, %zu", size, alignment);
                                continue;
                        }
                        cr_assert_eq(size_classes[size_class].bytes % alignment, 0);
                        cr_assert_geq(size_classes[size_class].bytes, size);
                        cr_assert_leq(size_classes[size_class].bytes - size, SIZE_CLASS_SLACK_MAX);
                }
}
