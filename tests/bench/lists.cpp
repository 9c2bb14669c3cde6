// Long lists and deep trees of C++ containers: a million nodes alive at once, strings in maps, recursion.
#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Tree {
        std::unique_ptr<Tree> left, right;
        explicit Tree(int depth)
        {
                if (depth > 0) {
                        left = std::make_unique<Tree>(depth - 1);
                        right = std::make_unique<Tree>(depth - 1);
                }
        }
        long count() const { return 1 + (left ? left->count() + right->count() : 0); }
};

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
        int rounds = argc > 1 ? std::atoi(argv[1]) : 8;
        long sum = 0;

        for (int i = 0; i < rounds; i++) {
                sum += long_list(800000);
                sum += Tree(16).count();
                sum += words(60000);
        }
        std::printf("%ld\n", sum);
        return 0;
}
