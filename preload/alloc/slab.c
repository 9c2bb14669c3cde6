/* Slabs: their making and unmaking, their side records, and the hand-over of blocks that others free. */
#include "preload/alloc/slab.h"

_Static_assert(sizeof(struct slab) == 128, "slab_of and slab_start count on it");
_Static_assert(sizeof(struct slab) * SEGMENT_SLICES <= SLICE_BYTES, "the records fit into slice 0");

/* Side arrays that are not in use, by the size class that their own bytes would have. They hold zeros but for the
 * link. An array serves no other end ever after, so that a stale reader always finds records, and keeps its size. */
static struct spare *_Atomic sides_spare[SIZE_CLASSES];

static unsigned side_class(unsigned size_class)
{
        return size_class_of(size_classes[size_class].blocks * sizeof(uint64_t));
}

static struct spare *side_spare(unsigned *class)
{
        struct spare *spare = NULL;

        for (unsigned c = *class; c < SIZE_CLASSES && !spare; c++)
                if ((spare = spare_take(&sides_spare[c])))
                        *class = c;
        return spare;
}

/* An array like the last ones, or a new one; when memory is short, any that is large enough, and only then one in a
 * slice that the program could have. */
static _Atomic uint64_t *side_create(unsigned size_class, unsigned *ret_class)
{
        unsigned class = side_class(size_class);
        struct spare *spare = spare_take(&sides_spare[class]);
        void *side = spare;

        if (!side)
                side = segment_record_beside(size_classes[class].bytes);
        if (!side)
                side = spare = side_spare(&class);
        if (!side)
                side = segment_record(size_classes[class].bytes);
        if (spare)
                atomic_store_explicit(&spare->next, NULL, memory_order_relaxed);
        *ret_class = class;
        return side;
}

size_t slab_side_bytes(const struct slab *slab)
{
        return size_classes[atomic_load_explicit(&slab->side_class, memory_order_relaxed)].bytes;
}

/* A record that changes its use does so under a new identity: first none, then the fields, then the new one. Readers
 * go the other way round (slab_view), and everything a field store releases includes the identity before it. */
static void identity_clear(struct slab *slab)
{
        uint32_t identity = atomic_load_explicit(&slab->identity, memory_order_relaxed);

        atomic_store_explicit(&slab->identity, ((identity >> SLAB_KIND_BITS) + 1) << SLAB_KIND_BITS,
                              memory_order_relaxed);
}

static void identity_set(struct slab *slab, enum slab_kind kind)
{
        uint32_t identity = atomic_load_explicit(&slab->identity, memory_order_relaxed);

        /* Release: who reads the new identity also reads the fields that belong to it. */
        atomic_store_explicit(&slab->identity, identity | kind, memory_order_release);
}

static void set_continued(struct slab *slab, unsigned first, unsigned slices)
{
        atomic_store_explicit(&slab->back, 0, memory_order_release);
        for (unsigned i = first; i < slices; i++) {
                atomic_store_explicit(&slab[i].back, (uint8_t)i, memory_order_release);
                identity_set(&slab[i], SLAB_CONTINUED);
        }
}

static void set_fields(struct slab *slab, size_t bytes, unsigned slices, uint64_t reciprocal, _Atomic uint64_t *side)
{
        slab->free = NULL;
        slab->full = false;
        slab->idle = false;
        slab->credit = 0;
        slab->counts = 0;
        slab->slices = (uint8_t)slices;
        atomic_store_explicit(&slab->remote, 0, memory_order_relaxed);
        atomic_store_explicit(&slab->carved, 0, memory_order_release);
        atomic_store_explicit(&slab->bytes, (uint32_t)bytes, memory_order_release);
        atomic_store_explicit(&slab->reciprocal, reciprocal, memory_order_release);
        atomic_store_explicit(&slab->side, side, memory_order_release);
}

struct slab *slab_create(uintptr_t owner, unsigned size_class)
{
        const struct size_class *class = &size_classes[size_class];
        _Atomic uint64_t *side = NULL;
        unsigned class_of_side = 0;
        bool zeroed;
        void *start = segment_claim(class->slices, 1, &zeroed);

        if (!start)
                return NULL;
        if (owner & SLAB_SIDED && !(side = side_create(size_class, &class_of_side))) {
                segment_give_back(start, class->slices);
                return NULL;
        }

        struct slab *slab = slab_of(start);

        set_fields(slab, class->bytes, class->slices, class->reciprocal, side);
        atomic_store_explicit(&slab->blocks, class->blocks, memory_order_relaxed);
        slab->size_class = (uint8_t)size_class;
        slab->zeroed = zeroed;
        atomic_store_explicit(&slab->side_class, (uint8_t)class_of_side, memory_order_relaxed);
        set_continued(slab, 1, class->slices);
        atomic_store_explicit(&slab->owner, owner, memory_order_relaxed);
        identity_set(slab, SLAB_SMALL);
        return slab;
}

struct slab *slab_create_large(size_t usable, unsigned slices, unsigned alignment, bool sided)
{
        bool zeroed;
        void *start = segment_claim(slices, alignment, &zeroed);

        if (!start)
                return NULL;

        struct slab *slab = slab_of(start);

        atomic_store_explicit(&slab->record, 0, memory_order_relaxed);
        set_fields(slab, usable, slices, 0, sided ? &slab->record : NULL);
        atomic_store_explicit(&slab->carved, 1, memory_order_release);
        slab->zeroed = zeroed;
        set_continued(slab, 1, slices);
        identity_set(slab, SLAB_LARGE);
        return slab;
}

void slab_large_side(struct slab *slab, bool sided)
{
        if (sided == (atomic_load_explicit(&slab->side, memory_order_relaxed) != NULL))
                return;
        atomic_store_explicit(&slab->record, 0, memory_order_relaxed);
        /* Release: who finds the record does not find what an earlier one has left there. */
        atomic_store_explicit(&slab->side, sided ? &slab->record : NULL, memory_order_release);
}

void slab_large_resized(struct slab *slab, size_t usable, unsigned slices)
{
        unsigned slices_before = slab->slices;

        slab->slices = (uint8_t)slices;
        atomic_store_explicit(&slab->bytes, (uint32_t)usable, memory_order_relaxed);
        set_continued(slab, slices_before, slices);
        for (unsigned i = slices; i < slices_before; i++)
                identity_clear(&slab[i]);
        if (slices < slices_before)
                segment_give_back(slab_start(slab + slices), slices_before - slices);
}

void slab_destroy(struct slab *slab)
{
        struct spare *side = (struct spare *)atomic_load_explicit(&slab->side, memory_order_relaxed);
        unsigned slices = slab->slices;

        for (unsigned i = 0; i < slices; i++)
                identity_clear(&slab[i]);
        if (side && atomic_load_explicit(&slab->owner, memory_order_relaxed))
                spare_push(&sides_spare[atomic_load_explicit(&slab->side_class, memory_order_relaxed)], side);
        atomic_store_explicit(&slab->owner, 0, memory_order_relaxed);
        segment_give_back(slab_start(slab), slices);
}

struct slab_view slab_view(const void *address)
{
        struct slab_view view = {.slab = slab_of(address)};

        if (!((uintptr_t)address >> SLICE_SHIFT & (SEGMENT_SLICES - 1)))
                return view; /* slice 0 holds our records */

        /* Acquire, here and below: pairs with the releases of set_fields and identity_set; see identity_clear. */
        view.identity = atomic_load_explicit(&view.slab->identity, memory_order_acquire);
        if ((view.identity & SLAB_KIND_MASK) == SLAB_CONTINUED) {
                unsigned back = atomic_load_explicit(&view.slab->back, memory_order_acquire);

                view.slab -= back;
                view.identity = atomic_load_explicit(&view.slab->identity, memory_order_acquire);
        }

        enum slab_kind kind = view.identity & SLAB_KIND_MASK;

        if (kind != SLAB_SMALL && kind != SLAB_LARGE)
                return view;
        view.start = slab_start(view.slab);
        view.bytes = atomic_load_explicit(&view.slab->bytes, memory_order_acquire);
        view.carved = atomic_load_explicit(&view.slab->carved, memory_order_acquire);
        view.reciprocal = atomic_load_explicit(&view.slab->reciprocal, memory_order_acquire);
        view.side = atomic_load_explicit(&view.slab->side, memory_order_acquire);
        if (slab_view_holds(&view))
                view.kind = kind;
        return view;
}

struct slab_view slab_view_next(char *segment, unsigned *slice)
{
        struct slab_view view = {.kind = SLAB_NONE};

        for (; *slice < SEGMENT_SLICES && view.kind == SLAB_NONE; ++*slice) {
                view = slab_view(segment + (size_t)*slice * SLICE_BYTES);
                if (view.kind != SLAB_NONE && view.start != segment + (size_t)*slice * SLICE_BYTES)
                        view.kind = SLAB_NONE; /* a further slice of one that has been seen */
        }
        return view;
}

uint64_t slab_link_key;
_Atomic(void *) slab_link_broken;

COLD struct free_block *slab_link_decode(const struct slab *slab, const struct free_block *block)
{
        uintptr_t next = (uintptr_t)block->next, offset;
        uint32_t bytes = atomic_load_explicit(&slab->bytes, memory_order_relaxed);

        next ^= slab_link_code(slab, block);
        offset = next - (uintptr_t)slab_start(slab);
        if (!next || !atomic_load_explicit(&slab->side, memory_order_relaxed) ||
            (offset / bytes < atomic_load_explicit(&slab->carved, memory_order_relaxed) && offset % bytes == 0))
                return (struct free_block *)next;
        /* Relaxed: it only names the block. */
        atomic_store_explicit(&slab_link_broken, (void *)(uintptr_t)block, memory_order_relaxed);
        return NULL;
}

bool slab_carve(struct slab *slab)
{
        uint32_t carved = atomic_load_explicit(&slab->carved, memory_order_relaxed);
        uint32_t bytes = atomic_load_explicit(&slab->bytes, memory_order_relaxed);
        uint32_t count = PAGE_GRAIN / bytes ? PAGE_GRAIN / bytes : 1; /* a page at a time: the rest stays untouched */

        if (count > slab_block_count(slab) - carved)
                count = slab_block_count(slab) - carved;
        if (!count)
                return false;

        struct free_block *first = (struct free_block *)(slab_start(slab) + (size_t)carved * bytes), *last = first;

        for (uint32_t i = 1; i < count; i++) {
                struct free_block *next = (struct free_block *)((char *)last + bytes);

                free_block_set_next(slab, last, next);
                last = next;
        }
        free_block_set_next(slab, last, slab->free);
        slab->free = first;
        atomic_store_explicit(&slab->carved, carved + count, memory_order_relaxed);
        return true;
}

static struct free_block *remote_first(uint64_t word)
{
        return (struct free_block *)(word & ((1ull << SLAB_REMOTE_SHIFT) - 1) & ~(uint64_t)SLAB_REMOTE_FLAGS);
}

/* The slab as it was when it was made, but that its memory may be anything. */
static void start_anew(struct slab *slab)
{
        slab->free = NULL;
        atomic_store_explicit(&slab->carved, 0, memory_order_relaxed);
        slab_carve(slab);
}

uint32_t slab_collect(struct slab *slab)
{
        uint64_t word = atomic_load_explicit(&slab->remote, memory_order_relaxed);

        do
                if (!word || word & SLAB_REMOTE_PURGING)
                        return 0;
        /* Acquire: pairs with slab_push_remote, so that what its caller did to the block lies before our reuse of it,
         * and with the end of slab_purge_remote. */
        while (!atomic_compare_exchange_weak_explicit(&slab->remote, &word, 0, memory_order_acquire,
                                                      memory_order_relaxed));

        struct free_block *first = remote_first(word), *last = first;
        uint32_t count = (uint32_t)(word >> SLAB_REMOTE_SHIFT);

        slab->counts -= count;
        if (word & SLAB_REMOTE_PURGED) {
                start_anew(slab);
                return count;
        }
        if (slab->free) { /* else the blocks need not be touched before they are used */
                for (struct free_block *next; (next = free_block_next(slab, last));)
                        last = next;
                free_block_set_next(slab, last, slab->free);
        }
        slab->free = first;
        return count;
}

/* Only the heap's user changes the flag, and who reads the owner beside it ignores the flags; so no order is needed. */
static void owner_mark_full(struct slab *slab, bool full)
{
        uintptr_t owner = atomic_load_explicit(&slab->owner, memory_order_relaxed) & ~(uintptr_t)SLAB_FULL;

        atomic_store_explicit(&slab->owner, owner | (full ? SLAB_FULL : 0), memory_order_relaxed);
}

void slab_not_full(struct slab *slab)
{
        slab->full = false;
        owner_mark_full(slab, false);
}

bool slab_fill(struct slab *slab)
{
        uint64_t word = atomic_load_explicit(&slab->remote, memory_order_relaxed);

        do
                if (word && !(word & SLAB_REMOTE_PURGING))
                        return false;
        /* Release: whoever takes the flag away reads the owner that we are. */
        while (!atomic_compare_exchange_weak_explicit(&slab->remote, &word, word | SLAB_REMOTE_FULL,
                                                      memory_order_release, memory_order_relaxed));
        slab->full = true;
        owner_mark_full(slab, true);
        return true;
}

bool slab_unfill(struct slab *slab)
{
        uint64_t full = SLAB_REMOTE_FULL;

        if (!atomic_compare_exchange_strong_explicit(&slab->remote, &full, 0, memory_order_relaxed,
                                                     memory_order_relaxed))
                return false;
        slab_not_full(slab);
        return true;
}

bool slab_push_remote(struct slab *slab, void *block)
{
        struct free_block *freed = block;
        uint64_t top = atomic_load_explicit(&slab->remote, memory_order_relaxed), count;

        do {
                if (UNLIKELY(top & (SLAB_REMOTE_PURGING | SLAB_REMOTE_PURGED)))
                        return false; /* freed twice: all blocks of the slab are free */
                free_block_set_next(slab, freed, remote_first(top));
                count = (top >> SLAB_REMOTE_SHIFT) + 1;
                /* Release: pairs with slab_collect. Acquire: pairs with slab_fill, for the owner whom the caller will
                 * tell. */
        } while (!atomic_compare_exchange_weak_explicit(&slab->remote, &top,
                                                        count << SLAB_REMOTE_SHIFT | (uintptr_t)freed,
                                                        memory_order_acq_rel, memory_order_relaxed));
        return top & SLAB_REMOTE_FULL;
}

/* Bytes of the slab if all its blocks are on its remote list, or 0. Reads a record that may be changing its use. */
__attribute__((no_sanitize("thread"))) static size_t all_remote_bytes(struct slab *slab, uint64_t word)
{
        /* Acquire: pairs with identity_set. */
        uint32_t identity = atomic_load_explicit(&slab->identity, memory_order_acquire);

        if ((identity & SLAB_KIND_MASK) != SLAB_SMALL || word & SLAB_REMOTE_FLAGS ||
            word >> SLAB_REMOTE_SHIFT != slab_block_count(slab))
                return 0;
        return (size_t)slab->slices * SLICE_BYTES;
}

size_t slab_purge_remote(struct slab *slab, bool *ret_announce)
{
        uint64_t word = atomic_load_explicit(&slab->remote, memory_order_relaxed);
        uint64_t count = word >> SLAB_REMOTE_SHIFT << SLAB_REMOTE_SHIFT, after = count | SLAB_REMOTE_PURGED;
        size_t bytes;

        if (!count || atomic_exchange_explicit(&slab->remote_seen, word, memory_order_relaxed) != word ||
            !all_remote_bytes(slab, word))
                return 0;
        /* Acquire: what those who freed the blocks did to them lies before. From here on nobody but us changes the
         * word, except that the owner may add that it wants to hear. */
        if (!atomic_compare_exchange_strong_explicit(&slab->remote, &word, count | SLAB_REMOTE_PURGING,
                                                     memory_order_acquire, memory_order_relaxed))
                return 0;
        /* Looked at again now that it is held: it may be another slab with the same word. */
        bytes = all_remote_bytes(slab, word);
        if (!bytes || !memory_purge(slab_start(slab), bytes)) {
                after = word;
                bytes = 0;
        }
        /* Release: pairs with slab_collect. Acquire: pairs with slab_fill, see slab_push_remote. */
        *ret_announce = atomic_exchange_explicit(&slab->remote, after, memory_order_acq_rel) & SLAB_REMOTE_FULL;
        return bytes;
}
