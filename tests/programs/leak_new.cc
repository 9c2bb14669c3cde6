/* The operators new leak one block each; their deletes match, sized and aligned ones too.
 * modes: pools off sampled traced
 * expect: live plain_new blocks=1 bytes=24
 * expect: live array_new blocks=1 bytes=7*4
 * expect: live nothrow_new blocks=1 bytes=100
 * expect: live nothrow_array_new blocks=1 bytes=101
 * expect: live aligned_new blocks=1 bytes=256
 * expect: live aligned_array_new blocks=1 bytes=2*256
 * expect: total plain_new kind=new
 * expect: total array_new kind=new[]
 * expect: total nothrow_new kind=new
 * expect: total nothrow_array_new kind=new[]
 * expect: total tidy allocations=8 frees=8
 * expect: live tidy blocks=0 bytes=0
 * expect: stack plain_new<main
 * expect: walk agrees
 */
#include "program.h"
#include <new>

struct small { long a, b, c; };
struct alignas(256) big { char c[256]; };

NOINLINE static void plain_new() { keep(new small); }
NOINLINE static void array_new() { keep(new int[7]); }
NOINLINE static void nothrow_new() { keep(operator new(100, std::nothrow)); }
NOINLINE static void nothrow_array_new() { keep(operator new[](101, std::nothrow)); }
NOINLINE static void aligned_new() { CHECK(((uintptr_t)keep(new big) & 255) == 0); }
NOINLINE static void aligned_array_new() { CHECK(((uintptr_t)keep(new big[2]) & 255) == 0); }

NOINLINE static void tidy()
{
        delete (small *)keep(new small);
        delete[] (int *)keep(new int[7]);
        operator delete(keep(operator new(50)));
        operator delete(keep(operator new(50)), (size_t)50);
        operator delete[](keep(operator new[](50, std::nothrow)), std::nothrow);
        operator delete(keep(operator new(50, std::nothrow)), std::nothrow);
        operator delete(keep(operator new(50, std::align_val_t(64))), std::align_val_t(64));
        operator delete[](keep(operator new[](50, std::align_val_t(512), std::nothrow)), (size_t)50, std::align_val_t(512));
        operator delete((void *)nullptr);
}

int main()
{
        plain_new();
        array_new();
        nothrow_new();
        nothrow_array_new();
        aligned_new();
        aligned_array_new();
        tidy();
        return 0;
}
