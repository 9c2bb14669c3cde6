/* A root region is scanned, and no longer when it is unregistered. The region is in a shared mapping of a file, which is no root.
 * expect: leak in_region class=reachable blocks=1 bytes=100
 * expect: leak in_former_region class=definite blocks=1 bytes=200
 * memcheck: differs lost 0/0 possible 0/0: it looks at shared mappings of files too
 */
#include "leaks.h"
#include <sys/mman.h>

__attribute__((weak)) void __lsan_register_root_region(const void *start, size_t bytes);
__attribute__((weak)) void __lsan_unregister_root_region(const void *start, size_t bytes);

NOINLINE static void *in_region(void) { return malloc(100); }
NOINLINE static void *in_former_region(void) { return malloc(200); }

NOINLINE static void fill(void)
{
        FILE *file = tmpfile();
        void **words;

        CHECK(file && ftruncate(fileno(file), 1 << 16) == 0);
        words = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
        CHECK(words != MAP_FAILED);
        fclose(file);
        words[10] = in_region();
        words[1000] = in_former_region();
        if (__lsan_register_root_region && __lsan_unregister_root_region) {
                __lsan_register_root_region(words, 512);
                __lsan_register_root_region(words + 800, 4096);
                __lsan_unregister_root_region(words + 800, 4096);
        }
}

int main(void)
{
        fill();
        scrub();
        return 0;
}
