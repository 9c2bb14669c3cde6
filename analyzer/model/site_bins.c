/* The latest bins lie loose, in an array; the others are packed on a stack of bytes, from which the last can be taken:
 * in one of three forms, by the size of its numbers, with the form in the last byte. */
#include "analyzer/model/site_bins.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

enum {
        LOOSE_MAX = 2, /* frames of several threads go to and fro between two */
        ROOM_KEPT = 8, /* more of it, for what came late, is given back */
        PACKED_MORE = 8,
};

enum form { FORM_SMALL, FORM_MEDIUM, FORM_LARGE };

/* `step` is how far the bin lies behind the one before it. */
struct small {
        uint16_t requested, freed;
        uint8_t allocations, frees, step, form;
};
struct medium {
        uint32_t requested, freed;
        uint16_t allocations, frees, step;
        uint8_t unused, form;
};
struct large {
        uint64_t allocations, frees, requested, freed;
        uint16_t step;
        uint8_t unused[5], form;
};
_Static_assert(sizeof(struct small) == 8 && sizeof(struct medium) == 16 && sizeof(struct large) == 40, "form is last");

struct packed {
        uint32_t bytes, room;
        uint16_t count;
        int16_t last; /* number of the last */
        uint8_t at[];
};

struct site_bins {
        struct packed *packed; /* NULL: none */
        uint16_t count, room;  /* of the loose ones */
        uint16_t open;         /* index + 1 of the bin that holds what had been counted when it was opened; 0: none */
        struct site_bin bin[]; /* by number, rising, behind those that are packed */
};

size_t site_bins_count(const struct site_bins *bins)
{
        return bins ? bins->count + (size_t)(bins->packed ? bins->packed->count : 0) : 0;
}

void site_bins_free(struct site_bins *bins)
{
        if (bins)
                free(bins->packed);
        free(bins);
}

/* --- packing ------------------------------------------------------------------------------------------------------ */

/* The same fields in a struct and a bin. */
#define SET_FIELDS(to, from)                                                                                           \
        do {                                                                                                           \
                (to).allocations = (from).allocations;                                                                 \
                (to).frees = (from).frees;                                                                             \
                (to).requested = (from).requested;                                                                     \
                (to).freed = (from).freed;                                                                             \
        } while (0)

static uint8_t *packed_room(struct site_bins *bins, uint32_t more)
{
        struct packed *packed = bins->packed;
        uint32_t used = packed ? packed->bytes : 0;

        if (!packed || packed->room - used < more) {
                uint32_t room = used + used / 4 + more + PACKED_MORE;

                packed = xrealloc(packed, sizeof *packed + room);
                if (!bins->packed)
                        *packed = (struct packed){0};
                packed->room = room;
                bins->packed = packed;
        }
        packed->bytes = used + more;
        return packed->at + used;
}

#define PUSH(bins, struct_of_form, ...)                                                                                \
        memcpy(packed_room((bins), sizeof(struct_of_form)), &(struct_of_form)__VA_ARGS__, sizeof(struct_of_form))

static void push(struct site_bins *bins, const struct site_bin *bin)
{
        const struct packed *packed = bins->packed;
        uint16_t step = (uint16_t)(packed && packed->count ? bin->number - packed->last : 0);
        uint64_t blocks = bin->allocations | bin->frees, bytes = bin->requested | bin->freed;

        if ((blocks | step) <= UINT8_MAX && bytes <= UINT16_MAX)
                PUSH(bins, struct small,
                     {(uint16_t)bin->requested, (uint16_t)bin->freed, (uint8_t)bin->allocations, (uint8_t)bin->frees,
                      (uint8_t)step, FORM_SMALL});
        else if (blocks <= UINT16_MAX && bytes <= UINT32_MAX)
                PUSH(bins, struct medium,
                     {(uint32_t)bin->requested, (uint32_t)bin->freed, (uint16_t)bin->allocations, (uint16_t)bin->frees,
                      step, 0, FORM_MEDIUM});
        else
                PUSH(bins, struct large,
                     {bin->allocations, bin->frees, bin->requested, bin->freed, step, {0}, FORM_LARGE});
        bins->packed->last = (int16_t)bin->number;
        bins->packed->count++;
}

/* The last before `at`, which is of that number. Returns where it begins, and the number of the one before it. */
static const uint8_t *look(const uint8_t *at, int16_t *number, struct site_bin *ret_bin)
{
        union {
                struct small small;
                struct medium medium;
                struct large large;
        } as;
        uint16_t step;

        ret_bin->number = *number;
        switch (at[-1]) {
        case FORM_SMALL:
                memcpy(&as.small, at -= sizeof as.small, sizeof as.small);
                SET_FIELDS(*ret_bin, as.small);
                step = as.small.step;
                break;
        case FORM_MEDIUM:
                memcpy(&as.medium, at -= sizeof as.medium, sizeof as.medium);
                SET_FIELDS(*ret_bin, as.medium);
                step = as.medium.step;
                break;
        default:
                memcpy(&as.large, at -= sizeof as.large, sizeof as.large);
                SET_FIELDS(*ret_bin, as.large);
                step = as.large.step;
                break;
        }
        *number = (int16_t)(*number - step);
        return at;
}

static void list_packed(const struct packed *packed, struct site_bin *ret_bin)
{
        const uint8_t *at = packed->at + packed->bytes;
        int16_t number = packed->last;

        for (size_t i = packed->count; i > 0; i--)
                at = look(at, &number, &ret_bin[i - 1]);
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

static void loose_room(struct site_bins **bins, size_t room)
{
        *bins = xrealloc(*bins, sizeof **bins + room * sizeof *(*bins)->bin);
        (*bins)->room = (uint16_t)room;
}

static struct site_bin *loose_insert(struct site_bins **bins, size_t at)
{
        if ((*bins)->count == (*bins)->room)
                loose_room(bins, (*bins)->room < LOOSE_MAX ? LOOSE_MAX : (*bins)->room + (size_t)(*bins)->room / 2 + 1);
        memmove(&(*bins)->bin[at + 1], &(*bins)->bin[at], ((*bins)->count - at) * sizeof *(*bins)->bin);
        (*bins)->count++;
        return &(*bins)->bin[at];
}

static void pop(struct site_bins **bins)
{
        struct site_bin *bin = loose_insert(bins, 0);
        struct packed *packed = (*bins)->packed;

        packed->bytes = (uint32_t)(look(packed->at + packed->bytes, &packed->last, bin) - packed->at);
        packed->count--;
}

/* Packs all but the latest. */
static void pack(struct site_bins **bins, size_t kept)
{
        struct site_bins *loose = *bins;
        size_t count = loose->count > kept ? loose->count - kept : 0;

        for (size_t i = 0; i < count; i++)
                push(loose, &loose->bin[i]);
        loose->count = (uint16_t)(loose->count - count);
        memmove(&loose->bin[0], &loose->bin[count], loose->count * sizeof *loose->bin);
        if (loose->room > ROOM_KEPT && loose->count <= LOOSE_MAX)
                loose_room(bins, LOOSE_MAX);
}

static bool has_packed(const struct site_bins *bins)
{
        return bins->packed && bins->packed->count;
}

/* Index of the bin of that number among the loose ones, none of which is open. Searched from the end: events come
 * nearly in order of time. */
static size_t find(struct site_bins **bins, int64_t number, bool *ret_made)
{
        size_t at;

        if (!*bins) {
                *bins = xcalloc(1, sizeof **bins + sizeof *(*bins)->bin);
                (*bins)->room = 1;
        }
        while (has_packed(*bins) && (*bins)->packed->last >= number)
                pop(bins);
        at = (*bins)->count;
        if (at >= LOOSE_MAX && (*bins)->bin[at - 1].number < number) {
                pack(bins, LOOSE_MAX - 1);
                at = (*bins)->count;
        }
        while (at > 0 && (*bins)->bin[at - 1].number > number)
                at--;
        *ret_made = at == 0 || (*bins)->bin[at - 1].number != number;
        if (!*ret_made)
                return at - 1;
        *loose_insert(bins, at) = (struct site_bin){.number = number};
        return at;
}

/* --- counting ----------------------------------------------------------------------------------------------------- */

/* Turns a bin from what had been counted at its begin to what was counted since, and back. */
static void turn(struct site_bin *bin, const struct site_bin *now)
{
        bin->allocations = now->allocations - bin->allocations;
        bin->frees = now->frees - bin->frees;
        bin->requested = now->requested - bin->requested;
        bin->freed = now->freed - bin->freed;
}

void site_bins_close(struct site_bins *bins, const struct site_bin *now)
{
        if (!bins || !bins->open)
                return;
        turn(&bins->bin[bins->open - 1], now);
        bins->open = 0;
}

bool site_bins_open(struct site_bins **bins, const struct site_bin *now, int64_t number)
{
        bool made;
        size_t at;

        site_bins_close(*bins, now);
        at = find(bins, number, &made);
        turn(&(*bins)->bin[at], now);
        (*bins)->open = (uint16_t)(at + 1);
        return made;
}

static void add(struct site_bin *bin, const struct site_bin *more)
{
        bin->allocations += more->allocations;
        bin->frees += more->frees;
        bin->requested += more->requested;
        bin->freed += more->freed;
}

void site_bins_add(struct site_bins **bins, const struct site_bin *more)
{
        bool made;
        size_t at = find(bins, more->number, &made);

        add(&(*bins)->bin[at], more);
}

/* In place of what is there. */
static void replace(struct site_bins *bins, const struct site_bin *bin, size_t count)
{
        size_t loose = count < LOOSE_MAX ? count : LOOSE_MAX;

        if (bins->packed)
                bins->packed->bytes = bins->packed->count = 0;
        for (size_t i = 0; i < count - loose; i++)
                push(bins, &bin[i]);
        memcpy(bins->bin, &bin[count - loose], loose * sizeof *bin);
        bins->count = (uint16_t)loose;
}

void site_bins_widen(struct site_bins *bins, unsigned shift)
{
        struct site_bin bin[CLOCK_BINS_MAX];
        size_t count = site_bins_list(bins, bin), kept = 0;

        for (size_t i = 0; i < count; i++) {
                bin[i].number = (int64_t)bin[i].number >> shift; /* a bit-field by itself is an int; shift may be 33 */
                if (kept && bin[kept - 1].number == bin[i].number)
                        add(&bin[kept - 1], &bin[i]);
                else
                        bin[kept++] = bin[i];
        }
        if (count)
                replace(bins, bin, kept);
}

void site_bins_edit(struct site_bins *bins, void (*edit)(struct site_bin *bin))
{
        struct site_bin bin[CLOCK_BINS_MAX];
        size_t count = site_bins_list(bins, bin);

        for (size_t i = 0; i < count; i++)
                edit(&bin[i]);
        if (count)
                replace(bins, bin, count);
}

size_t site_bins_list(const struct site_bins *bins, struct site_bin *ret_bin)
{
        size_t count = site_bins_count(bins);

        if (count == 0)
                return 0;
        if (has_packed(bins))
                list_packed(bins->packed, ret_bin);
        memcpy(&ret_bin[count - bins->count], bins->bin, bins->count * sizeof *ret_bin);
        return count;
}
