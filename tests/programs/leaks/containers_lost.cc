/* Lost containers take what they hold with them; the nodes of a map or list point back at it, so that any may stand for all.
 * expect: leak lost_vector class=definite blocks=1 bytes=24
 * expect: leak lost_vector class=indirect blocks=11 root=lost_vector
 * expect: leak lost_map class=lost blocks=101 bytes=48+100*48
 * expect: leak lost_map class=definite blocks=1 bytes=48
 * expect: leak lost_list class=lost blocks=51 bytes=24+50*24
 * expect: leak lost_list class=definite blocks=1 bytes=24
 * expect: leak lost_vector_of_vectors class=definite blocks=1 bytes=24
 * expect: leak lost_vector_of_vectors class=indirect blocks=11 bytes=10*24+10*400 root=lost_vector_of_vectors
 */
#include "leaks.h"
#include <list>
#include <map>
#include <vector>

NOINLINE static void lost_vector()
{
        auto vector = new std::vector<void *>;

        vector->reserve(10);
        for (int i = 0; i < 10; i++)
                vector->push_back(malloc(40));
}

NOINLINE static void lost_map()
{
        auto map = new std::map<long, long>;

        for (int i = 0; i < 100; i++)
                (*map)[i * 7 % 100] = i;
}

NOINLINE static void lost_list()
{
        auto list = new std::list<long>;

        for (int i = 0; i < 50; i++)
                list->push_back(i);
}

NOINLINE static void lost_vector_of_vectors()
{
        auto vectors = new std::vector<std::vector<int>>;

        vectors->resize(10);
        for (auto &vector : *vectors)
                vector.resize(100);
}

int main()
{
        lost_vector();
        lost_map();
        lost_list();
        lost_vector_of_vectors();
        scrub();
        return 0;
}
