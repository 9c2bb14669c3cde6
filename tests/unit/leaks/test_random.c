/* Random heaps against a plain answer: closures by Warshall, in the blocks' order. */
#include "tests/unit/leaks/heap.h"

enum { BLOCKS = 120, ROUNDS = 300, WORDS = 6, INSIDE = 16 };

static uint64_t seed = 88172645463325252;

static unsigned below(unsigned limit)
{
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (unsigned)(seed >> 33) % limit;
}

struct world {
        void **block[BLOCKS];
        uint16_t birth[BLOCKS];
        bool freed[BLOCKS];
        bool start[BLOCKS][BLOCKS], inside[BLOCKS][BLOCKS]; /* a pointer from one to the other */
        void *root[8];
        bool reached[BLOCKS], possible[BLOCKS], lost[BLOCKS];
        bool way[BLOCKS][BLOCKS]; /* among lost blocks, of one pointer or more */
};

static void *pointer_to(const struct world *world, unsigned to, bool inside)
{
        return (char *)world->block[to] + (inside ? INSIDE : 0);
}

static void world_make(struct world *world, unsigned pointers, unsigned insides)
{
        memset(world, 0, sizeof *world);
        for (unsigned i = 0; i < BLOCKS; i++) {
                world->birth[i] = (uint16_t)(1 + i * 7 % BLOCKS); /* each once, as they are coprime */
                world->block[i] =
                        live_born(WORDS * sizeof(void *) + below(40) * (below(5) == 0) * 64, world->birth[i]).start;
        }
        for (unsigned i = 0; i < BLOCKS; i++)
                for (unsigned k = 0; k < WORDS; k++) {
                        unsigned to = below(BLOCKS);
                        bool inside = below(100) < insides;

                        if (below(100) >= pointers)
                                continue;
                        world->block[i][k] = pointer_to(world, to, inside);
                        *(inside ? &world->inside[i][to] : &world->start[i][to]) = true;
                }
        for (unsigned i = 0; i < BLOCKS; i++)
                if (below(10) == 0) {
                        void *kept[WORDS];

                        memcpy(kept, world->block[i], sizeof kept);
                        release(world->block[i]);
                        memcpy(world->block[i] + 1, kept + 1, sizeof kept - sizeof *kept); /* behind the link */
                        world->freed[i] = true;
                }
}

static bool spread(const struct world *world, bool *to, const bool *from, const bool *barred, bool inside)
{
        bool changed = false;

        for (unsigned i = 0; i < BLOCKS; i++)
                for (unsigned k = 0; from[i] && k < BLOCKS; k++)
                        if (!to[k] && !barred[k] && !world->freed[k] &&
                            (world->start[i][k] || (inside && world->inside[i][k])))
                                changed = to[k] = true;
        return changed;
}

/* The answer. */
static void world_solve(struct world *world)
{
        static const bool none[BLOCKS];

        for (unsigned r = 0; r < 8; r++) {
                unsigned to = below(BLOCKS);
                bool inside = below(3) == 0;

                world->root[r] = pointer_to(world, to, inside);
                if (!world->freed[to])
                        *(inside ? &world->possible[to] : &world->reached[to]) = true;
        }
        while (spread(world, world->reached, world->reached, none, false))
                ;
        spread(world, world->possible, world->reached, world->reached, true);
        for (unsigned i = 0; i < BLOCKS; i++)
                world->possible[i] &= !world->reached[i];
        while (spread(world, world->possible, world->possible, world->reached, true))
                ;
        for (unsigned i = 0; i < BLOCKS; i++)
                world->lost[i] = !world->freed[i] && !world->reached[i] && !world->possible[i];
        for (unsigned i = 0; i < BLOCKS; i++)
                for (unsigned k = 0; k < BLOCKS; k++)
                        world->way[i][k] = world->lost[i] && world->lost[k] && i != k &&
                                           (world->start[i][k] || world->inside[i][k]);
        for (unsigned via = 0; via < BLOCKS; via++)
                for (unsigned i = 0; i < BLOCKS; i++)
                        for (unsigned k = 0; world->way[i][via] && k < BLOCKS; k++)
                                world->way[i][k] |= world->way[via][k];
}

/* Nothing reaches it but what it reaches too, and of those it is the earliest. */
static bool is_root(const struct world *world, unsigned block)
{
        for (unsigned i = 0; i < BLOCKS; i++)
                if (i != block && world->way[i][block] &&
                    (!world->way[block][i] || world->birth[i] < world->birth[block]))
                        return false;
        return true;
}

static void expect_lost(const struct world *world, const struct scanned *scanned, unsigned block)
{
        void *root = charged_to(scanned, world->block[block]);
        unsigned from = 0;

        cr_assert_eq(found(scanned, world->block[block]), is_root(world, block) ? FOUND_DEFINITE : FOUND_INDIRECT);
        while (from < BLOCKS && (world->freed[from] || world->block[from] != root))
                from++;
        cr_assert_lt(from, BLOCKS);
        cr_assert(is_root(world, from));
        cr_assert(from == block || world->way[from][block]);
        cr_assert_eq(in_circle(scanned, world->block[block]),
                     from == block ? world->way[block][block] : world->way[block][from]);
}

static void expect_all(const struct world *world, const struct scanned *scanned)
{
        for (unsigned i = 0; i < BLOCKS; i++) {
                if (world->freed[i])
                        continue;
                if (world->lost[i])
                        expect_lost(world, scanned, i);
                else
                        cr_assert_eq(found(scanned, world->block[i]),
                                     world->reached[i] ? FOUND_REACHED : FOUND_POSSIBLE, "block %u", i);
        }
}

Test(leak_random, the_scan_finds_what_closures_say)
{
        static struct world world;
        struct scanned scanned;

        for (unsigned round = 0; round < ROUNDS; round++) {
                world_make(&world, 1 + round % 40, round % 3 * 20);
                world_solve(&world);
                scan_places(&scanned, world.root, sizeof world.root, round % 2 ? 16 : LEAK_MARK_PLACES);
                expect_all(&world, &scanned);
                scanned_close(&scanned);
                for (unsigned i = 0; i < BLOCKS; i++)
                        if (!world.freed[i])
                                release(world.block[i]);
        }
}
