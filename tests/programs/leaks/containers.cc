/* Containers that live for ever keep what they hold, whatever they hold it in.
 * expect: leak in_vector class=reachable blocks>=101 bytes>=100*40
 * expect: leak in_list class=reachable blocks=101 bytes>=100*24
 * expect: leak in_map class=reachable blocks=101 bytes>=100*48
 * expect: leak in_hash class=reachable blocks>=102 bytes>=100*24
 * expect: leak in_deque class=reachable blocks>=102 bytes>=100*40
 * expect: leak in_set_of_strings class=reachable blocks=201
 * expect: no leaks
 */
#include "leaks.h"
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

std::vector<void *> *volatile vector;
std::list<long> *volatile list;
std::map<long, long> *volatile map;
std::unordered_map<long, long> *volatile hash;
std::deque<void *> *volatile deque;
std::set<std::string> *volatile set;

NOINLINE static void in_vector()
{
        vector = new std::vector<void *>;
        for (int i = 0; i < 100; i++)
                vector->push_back(malloc(40));
}

NOINLINE static void in_list()
{
        list = new std::list<long>;
        for (int i = 0; i < 100; i++)
                list->push_back(i);
}

NOINLINE static void in_map()
{
        map = new std::map<long, long>;
        for (int i = 0; i < 100; i++)
                (*map)[i * 7 % 100] = i;
}

NOINLINE static void in_hash()
{
        hash = new std::unordered_map<long, long>;
        for (int i = 0; i < 100; i++)
                (*hash)[i] = i;
}

NOINLINE static void in_deque()
{
        deque = new std::deque<void *>;
        for (int i = 0; i < 100; i++)
                deque->push_back(malloc(40));
}

NOINLINE static void in_set_of_strings()
{
        set = new std::set<std::string>;
        for (int i = 0; i < 100; i++)
                set->insert(std::string(50, 's') + std::to_string(i));
}

int main()
{
        in_vector();
        in_list();
        in_map();
        in_hash();
        in_deque();
        in_set_of_strings();
        scrub();
        return 0;
}
