/* Callbacks out of libc: qsort's, bsearch's, twalk's and a thread's. The stack goes through libc's own frames to main.
 * expect: exit 0
 * expect: stack compare<...<sorts<main
 * expect: total compare<...<sorts allocations>=9
 * expect: live search_key<...<searches<main blocks>=1
 * expect: stack visit<...<walks<main
 * expect: stack once<...<uses_once<main
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>
#include <search.h>

static int search_calls;

NOINLINE static int compare(const void *a, const void *b)
{
        int *copy = keep(malloc(sizeof *copy));

        *copy = *(const int *)a - *(const int *)b;
        int result = *copy;
        free(copy);
        return result;
}

NOINLINE static int search_key(const void *a, const void *b)
{
        if (!search_calls++)
                keep(malloc(14));
        return *(const int *)a - *(const int *)b;
}

NOINLINE static void visit(UNUSED const void *node, UNUSED VISIT kind, UNUSED int depth)
{
        keep(malloc(15));
        __asm__ volatile("");
}

NOINLINE static void once(void)
{
        keep(malloc(16));
        __asm__ volatile("");
}

NOINLINE static void sorts(void)
{
        int numbers[10] = {5, 3, 8, 1, 9, 2, 7, 4, 6, 0};

        qsort(numbers, 10, sizeof *numbers, compare);
        for (int i = 0; i < 10; i++)
                CHECK(numbers[i] == i);
}

NOINLINE static void searches(void)
{
        int numbers[4] = {1, 3, 5, 7}, key = 5;
        int *found = bsearch(&key, numbers, 4, sizeof *numbers, search_key);

        CHECK(found == &numbers[2]);
}

NOINLINE static void walks(void)
{
        static int keys[3] = {2, 1, 3};
        void *root = NULL;

        for (int i = 0; i < 3; i++)
                tsearch(&keys[i], &root, search_key);
        twalk(root, visit);
        keep(&root);
}

NOINLINE static void uses_once(void)
{
        static pthread_once_t control = PTHREAD_ONCE_INIT;

        pthread_once(&control, once);
        keep(&control);
}

int main(void)
{
        sorts();
        searches();
        walks();
        uses_once();
        return 0;
}
