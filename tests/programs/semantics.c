/* What glibc does at the edges, printed: the traced run must print the same. Only usable sizes may differ, and are not
 * printed.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: walk agrees
 */
#include "program.h"

static const char *yes(int condition)
{
        return condition ? "yes" : "no";
}

#define SHOW(expression)                                                                              \
        do {                                                                                          \
                errno = 0;                                                                            \
                void *got_ = keep(expression);                                                        \
                printf("%-40s %s errno %d\n", #expression, got_ ? "a block" : "NULL", errno);         \
                free(got_);                                                                           \
        } while (0)

int main(void)
{
        volatile size_t big = (size_t)PTRDIFF_MAX + 1, half = (size_t)1 << 33, zero = 0;
        void *p, *q, *untouched = (void *)1;

        SHOW(malloc(zero));
        SHOW(malloc(big));
        SHOW(malloc(big - 1));
        SHOW(malloc(big - 1 - 4096));
        SHOW(calloc(zero, big));
        SHOW(calloc(half, half));
        SHOW(realloc(NULL, zero));
        SHOW(reallocarray(NULL, zero, big));
        SHOW(reallocarray(NULL, half, half));
        SHOW(memalign(zero, 10));
        SHOW(memalign(24, 10));
        SHOW(memalign(big, 10));
        SHOW(memalign(big + 1, 10));
        SHOW(memalign(1 << 30, 10));
        SHOW(aligned_alloc(24, 10));
        SHOW(aligned_alloc(zero, 10));
        SHOW(aligned_alloc(64, 10));
        SHOW(aligned_alloc(big, 10));
        SHOW(valloc(zero));
        SHOW(valloc(big));
        SHOW(pvalloc(zero));
        SHOW(pvalloc(big));
        errno = 0;
        printf("posix_memalign(4) %d", posix_memalign(&untouched, 4, 10));
        printf(" untouched %s errno %d\n", yes(untouched == (void *)1), errno);
        printf("posix_memalign(24) %d\n", posix_memalign(&untouched, 24, 10));
        printf("posix_memalign(64, big) %d", posix_memalign(&untouched, 64, big));
        printf(" untouched %s errno %d\n", yes(untouched == (void *)1), errno);
        printf("posix_memalign(64 MiB) %d", posix_memalign(&p, 64 << 20, 10));
        printf(" aligned %s\n", yes(!((uintptr_t)p & ((64 << 20) - 1))));
        free(p);
        p = malloc(100);
        errno = 0;
        q = realloc(p, zero);
        printf("realloc(p, 0) %s errno %d\n", q ? "a block" : "NULL", errno);
        p = malloc(100);
        errno = 0;
        q = realloc(p, big);
        printf("realloc(p, big) %s errno %d\n", q ? "a block" : "NULL", errno);
        errno = 0;
        q = reallocarray(p, half, half);
        printf("reallocarray(p, half, half) %s errno %d\n", q ? "a block" : "NULL", errno);
        errno = 0;
        q = reallocarray(p, 5, zero);
        printf("reallocarray(p, 5, 0) %s errno %d\n", q ? "a block" : "NULL", errno);
        errno = 77;
        free(malloc(64 << 20));
        free(NULL);
        printf("errno after free %d\n", errno);
        for (size_t bytes = 1; bytes <= 100; bytes++) {
                p = malloc(bytes);
                if ((uintptr_t)p & 15 || malloc_usable_size(p) < bytes)
                        printf("malloc(%zu) is wrong\n", bytes);
                free(p);
        }
        printf("usable size of NULL %zu\n", malloc_usable_size(NULL));
        p = valloc(1);
        q = pvalloc(1);
        printf("valloc %s pvalloc %s %s\n", yes(!((uintptr_t)p & 4095)), yes(!((uintptr_t)q & 4095)), yes(malloc_usable_size(q) >= 4096));
        printf("mallopt %d %d\n", mallopt(M_ARENA_MAX, 1), mallopt(M_MMAP_THRESHOLD, 1 << 20));
        return 0;
}
