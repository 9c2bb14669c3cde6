/* Static constructors and destructors, in the program and in a library, and atexit handlers: all are seen, in both
 * directions, and what they leave is in the walk.
 * build: $CXX $FLAGS -DLIBRARY -shared -fPIC -o $OUT/libs.so $SRC
 * build: $CXX $FLAGS -o $EXE $SRC -L$OUT -ls -Wl,-rpath,$OUT
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: total early_constructor allocations=1 frees=1
 * expect: total program_static::program_static allocations=3 frees=3
 * expect: total library_static::library_static allocations=5 frees=5
 * expect: live program_static::~program_static blocks=1 bytes=41
 * expect: live library_static::~library_static blocks=1 bytes=42
 * expect: live at_exit blocks=1 bytes=43
 * expect: live late_destructor blocks=1 bytes=44
 * expect: total at_exit allocations=2 frees=1
 * expect: walk agrees
 */
#include "program.h"

#ifdef LIBRARY
struct library_static {
        void *blocks[5];
        library_static()
        {
                for (void *&block : blocks)
                        block = keep(malloc(60));
        }
        ~library_static()
        {
                for (void *block : blocks)
                        free(block);
                keep(malloc(42));
        }
};
static library_static of_library;
void in_library() {}
#else
void in_library();
static void *early;

__attribute__((constructor(101))) static void early_constructor() { early = keep(malloc(10)); }
__attribute__((destructor(101))) static void late_destructor()
{
        free(early);
        keep(malloc(44));
}

struct program_static {
        int *numbers;
        void *more[2];
        program_static() : numbers(new int[9]), more{keep(malloc(1)), keep(calloc(2, 2))} {}
        ~program_static()
        {
                delete[] numbers;
                free(more[0]);
                free(more[1]);
                keep(malloc(41));
        }
};
static program_static of_program;

NOINLINE static void at_exit()
{
        free(keep(malloc(5)));
        keep(malloc(43));
        puts("at exit");
}

int main()
{
        quiet_streams();
        in_library();
        atexit(at_exit);
        return 0;
}
#endif
