/* C23's free_sized and free_aligned_sized, where they exist, free like free. (glibc 2.36 has none: found by dlsym.)
 * compare: exit
 * expect: exit 0
 * expect: live sized blocks=0
 * expect: total sized allocations=20 frees=20
 * expect: walk agrees
 */
#include "program.h"
#include <dlfcn.h>

NOINLINE static void sized(void)
{
        void (*free_sized_)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
        void (*free_aligned_sized_)(void *, size_t, size_t) =
            (void (*)(void *, size_t, size_t))dlsym(RTLD_DEFAULT, "free_aligned_sized");

        for (int i = 0; i < 10; i++) {
                void *a = malloc(100), *b = aligned_alloc(256, 512);

                if (free_sized_ && free_aligned_sized_) {
                        free_sized_(NULL, 0);
                        free_sized_(a, 100);
                        free_aligned_sized_(b, 256, 512);
                } else {
                        free(a);
                        free(b);
                }
        }
        puts(free_sized_ ? "has them" : "has them not");
}

int main(void)
{
        quiet_streams();
        sized();
        return 0;
}
