/* Wrong deletes: of another size, by another operator, twice. What has a C++ runtime of its own and what the standard
 * allows is no error: delete of nothing, of a size of 0, sized deletes of the size that was asked for, over-aligned ones.
 * build: $CXX $FLAGS -std=c++17 -fsized-deallocation -o $EXE $SRC
 * compare: nothing
 * expect: exit 0
 * expect: error size wrong_size call=delete allocated=make block_bytes=24 said=16 block_kind=new
 * expect: error array wrong_array call=delete allocated=make_array block_kind=new[] block_bytes=40
 * expect: error array wrong_single call=delete[] allocated=make block_kind=new
 * expect: error double wrong_twice call=delete allocated=make block_kind=new
 * expect: error alignment wrong_alignment call=delete said=4096
 * expect: error foreign wrong_stack call=delete[] place=stack
 * expect: sql SELECT sum(count) FROM error => 6
 * expect: walk agrees
 */
#include "program.h"
#include <map>
#include <new>
#include <string>
#include <vector>

NOINLINE static void *make(size_t bytes)
{
        return keep(::operator new(bytes));
}

NOINLINE static void *make_array(size_t bytes)
{
        return keep(::operator new[](bytes));
}

NOINLINE static void wrong_size(void *a)
{
        ::operator delete(keep(a), (size_t)16);
}

NOINLINE static void wrong_array(void *a)
{
        ::operator delete(keep(a));
}

NOINLINE static void wrong_single(void *a)
{
        ::operator delete[](keep(a));
}

NOINLINE static void wrong_twice(void *a)
{
        ::operator delete(keep(a));
        ::operator delete(keep(a));
}

NOINLINE static void wrong_alignment(void *a)
{
        ::operator delete(keep(a), std::align_val_t(4096));
}

NOINLINE static void wrong_stack(void *a)
{
        ::operator delete[](keep(a));
}

struct wide {
        alignas(64) char bytes[100];
};

struct with_destructor {
        char bytes[3];
        ~with_destructor() { keep(bytes); }
};

struct base {
        virtual ~base() {}
};

struct derived : base {
        char bytes[1000];
};

NOINLINE static void rightly(void)
{
        std::vector<std::string> strings(100, std::string(50, 'x'));
        std::map<int, std::string> map;
        base *object = new derived;

        for (int i = 0; i < 100; i++)
                map[i] = strings[i];
        delete object;
        delete new wide;
        delete[] new wide[3];
        delete[] new with_destructor[7];
        delete[] new char[0];
        delete (int *)keep(nullptr);
        ::operator delete(make(0), (size_t)0);
        ::operator delete(make(100), (size_t)100);
        ::operator delete(::operator new(100, std::nothrow), std::nothrow);
        free(make(100));
        ::operator delete(keep(malloc(100)), (size_t)100);
}

int main()
{
        char on_stack[64];
        void *first;

        rightly();
        wrong_size(make(24));
        wrong_array(make_array(40));
        wrong_single(make(48));
        wrong_twice(make(56));
        first = make(3000); /* which may lie at the begin of a page */
        wrong_alignment(make(3000));
        free(first);
        wrong_stack(keep(on_stack));
        return 0;
}
