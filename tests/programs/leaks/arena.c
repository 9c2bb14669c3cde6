/* An allocator of the program's own cuts blocks into pieces: what the pieces point at is reachable as long as the arena is, and
 * an arena that only its pieces' addresses keep is kept possibly.
 * expect: leak first_arena class=reachable blocks=1 bytes=64KiB
 * expect: leak second_arena class=possible blocks=1 bytes=64KiB
 * expect: leak third_arena class=definite blocks=1 bytes=64KiB
 * expect: leak held_by_first class=reachable blocks=10 bytes=10*40
 * expect: leak held_by_second class=possible blocks=10 bytes=10*41
 * expect: leak held_by_third class=indirect blocks=10 bytes=10*42 root=third_arena
 */
#include "leaks.h"

#define BYTES (64 << 10)

struct arena {
        char *at;
        char bytes[BYTES - sizeof(char *)];
};

struct arena *volatile kept;
void *volatile piece_kept;

NOINLINE static struct arena *first_arena(void) { return malloc(BYTES); }
NOINLINE static struct arena *second_arena(void) { return malloc(BYTES); }
NOINLINE static struct arena *third_arena(void) { return malloc(BYTES); }
NOINLINE static void *held_by_first(void) { return malloc(40); }
NOINLINE static void *held_by_second(void) { return malloc(41); }
NOINLINE static void *held_by_third(void) { return malloc(42); }

NOINLINE static void *piece(struct arena *arena, size_t bytes)
{
        void *piece = arena->at;

        arena->at += bytes;
        return piece;
}

/* The address of a piece of it. */
NOINLINE static void *fill(struct arena *arena, void *(*held)(void))
{
        void **middle = NULL;

        memset(arena, 0, BYTES);
        arena->at = arena->bytes;
        for (int i = 0; i < 10; i++) {
                void **words = piece(arena, 80);

                words[i] = held();
                if (i == 5)
                        middle = words;
        }
        arena->at = NULL;
        return middle;
}

NOINLINE static void fill_all(void)
{
        kept = first_arena();
        fill(kept, held_by_first);
        piece_kept = fill(second_arena(), held_by_second);
        keep(fill(third_arena(), held_by_third));
}

int main(void)
{
        fill_all();
        scrub();
        return 0;
}
