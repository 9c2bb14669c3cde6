/* Ten thousand blocks point at two others each, at random: those that the kept one leads to are reachable, as the program finds out
 * itself, the others are lost.
 * expect: leak held class=reachable blocks=5000
 * expect: leak dropped class=lost blocks=5000 bytes=5000*32
 * expect: leak dropped class=definite blocks>=1
 */
#include "leaks.h"

#define COUNT 10000

struct node *volatile root;

NOINLINE static struct node *held(void) { return malloc(sizeof(struct node)); }
NOINLINE static struct node *dropped(void) { return malloc(sizeof(struct node)); }

static uint32_t state = 12345;

static uint32_t random_below(uint32_t bound)
{
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return state % bound;
}

/* Kept ones point among themselves, each at the one before it as well, so that all are reached; lost ones point anywhere. */
NOINLINE static void fill(void)
{
        static struct node *nodes[COUNT];

        for (int i = 0; i < COUNT; i++)
                nodes[i] = i % 2 ? dropped() : held();
        for (int i = 0; i < COUNT; i++) {
                nodes[i]->next = i % 2 ? nodes[random_below(COUNT)] : nodes[i < 2 ? 0 : i - 2];
                nodes[i]->other = i % 2 ? nodes[random_below(COUNT)] : nodes[random_below(COUNT / 2) * 2];
        }
        root = nodes[COUNT - 2];
        memset(nodes, 0, sizeof nodes);
}

int main(void)
{
        fill();
        scrub();
        return 0;
}
