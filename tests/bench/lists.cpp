// Long lists of C++: 800,000 nodes alive at once, strings and vectors in a map.
#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace
{

long long_list(int nodes)
{
        std::list<long> list;

        for (int i = 0; i < nodes; i++)
                list.push_back(i);
        list.remove_if([](long value) { return value % 3 == 0; });
        return static_cast<long>(list.size());
}

long words(int keys)
{
        std::map<std::string, std::vector<int>> index;

        for (int i = 0; i < keys; i++)
                index["a key of more than sixteen bytes " + std::to_string(i % 5000)].push_back(i);
        return static_cast<long>(index.size());
}

} // namespace

int main(int argc, char **argv)
{
        int rounds = argc > 1 ? std::atoi(argv[1]) : 10;
        long sum = 0;

        for (int i = 0; i < rounds; i++) {
                sum += long_list(800000);
                sum += words(60000);
        }
        std::printf("%ld\n", sum);
        return 0;
}
