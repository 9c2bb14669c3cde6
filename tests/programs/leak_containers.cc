/* Containers of the C++ library: what each holds at the end, found by the function of ours that filled it.
 * expect: live fill_vector blocks=1 bytes=1024*8
 * expect: total fill_vector allocations=11 frees=10
 * expect: live fill_reserved blocks=1 bytes=500*4
 * expect: live fill_string blocks=1 bytes=1001
 * expect: live fill_map blocks=100 bytes=100*48
 * expect: live fill_list blocks=30 bytes=30*24
 * expect: live fill_shared blocks=9
 * expect: live fill_unique blocks=1 bytes=64
 * expect: live in_scope blocks=0
 * expect: total in_scope allocations>=13
 * expect: walk agrees
 */
#include "program.h"
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

/* Kept in places that no destructor visits. */
static std::vector<uint64_t> *numbers;
static std::vector<int> *reserved;
static std::string *text;
static std::map<int, int64_t> *tree;
static std::list<int> *chain;
static std::vector<std::shared_ptr<int>> *shared;
static char room[6][64] __attribute__((aligned(16)));

NOINLINE static void fill_vector() /* grows 1, 2, 4, … 1024 */
{
        for (uint64_t i = 0; i < 1024; i++)
                numbers->push_back(i);
}

NOINLINE static void fill_reserved()
{
        reserved->reserve(500);
        reserved->resize(400);
}

NOINLINE static void fill_string() { *text = std::string(1000, 'x'); }

NOINLINE static void fill_map()
{
        for (int i = 0; i < 100; i++)
                (*tree)[i * 7 % 101] = i;
}

NOINLINE static void fill_list()
{
        for (int i = 0; i < 30; i++)
                chain->push_back(i);
}

NOINLINE static void fill_shared() /* one vector block, eight objects with their counts */
{
        shared->reserve(8);
        for (int i = 0; i < 8; i++)
                shared->push_back(std::make_shared<int>(i));
}

struct thing { char bytes[64]; };

NOINLINE static void fill_unique()
{
        auto owned = std::make_unique<thing>();
        keep(owned.release());
}

NOINLINE static size_t in_scope()
{
        std::vector<std::string> words;
        words.reserve(12);
        for (int i = 0; i < 12; i++)
                words.emplace_back(50 + i, 'y');
        return words.size();
}

int main()
{
        numbers = new (room[0]) std::vector<uint64_t>;
        reserved = new (room[1]) std::vector<int>;
        text = new (room[2]) std::string;
        tree = new (room[3]) std::map<int, int64_t>;
        chain = new (room[4]) std::list<int>;
        shared = new (room[5]) std::vector<std::shared_ptr<int>>;
        fill_vector();
        fill_reserved();
        fill_string();
        fill_map();
        fill_list();
        fill_shared();
        fill_unique();
        CHECK(in_scope() == 12);
        return 0;
}
