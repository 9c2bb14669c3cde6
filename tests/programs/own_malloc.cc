/* A program that brings its own malloc: it must use that one everywhere, and we record nothing.
 * build: $CXX -g -O1 -fno-builtin -o $EXE $SRC
 * compare: stdout exit
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: no profile
 */
#include <cstdio>
#include <cstring>
#include <new>
#include <string>

static char pool[1 << 20] __attribute__((aligned(16)));
static size_t used;
static long calls, foreign;

extern "C" {
void *malloc(size_t bytes)
{
        size_t at = used;

        used += (bytes + 31) & ~(size_t)15;
        calls++;
        *(size_t *)(pool + at) = bytes;
        return used <= sizeof pool ? pool + at + 16 : nullptr;
}
void free(void *block)
{
        if (block && ((char *)block < pool || (char *)block >= pool + sizeof pool))
                foreign++;
}
void *calloc(size_t count, size_t bytes)
{
        void *block = malloc(count * bytes);
        return block ? memset(block, 0, count * bytes) : block;
}
void *realloc(void *old, size_t bytes)
{
        void *block = malloc(bytes);
        if (block && old)
                memcpy(block, old, bytes);
        return block;
}
}

int main()
{
        delete new int(5);
        std::string text(100, 'x');
        free(strdup("abc"));
        free(operator new(10));
        delete[] new (std::nothrow) char[50];
        FILE *file = fopen("/dev/null", "w");
        fclose(file);
        printf("own malloc used: %s, foreign pointers: %ld\n", calls >= 6 ? "yes" : "no", foreign);
        return 0;
}
