// Trees built by recursion: 131,071 different stacks, one for each node, which a profiler has to tell apart.
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace
{

struct Tree {
        std::unique_ptr<Tree> left, right;
        explicit Tree(int depth)
        {
                if (depth > 0) {
                        left = std::make_unique<Tree>(depth - 1);
                        right = std::make_unique<Tree>(depth - 1);
                }
        }
        long count() const
        {
                return 1 + (left ? left->count() + right->count() : 0);
        }
};

} // namespace

int main(int argc, char **argv)
{
        int rounds = argc > 1 ? std::atoi(argv[1]) : 50;
        long sum = 0;

        for (int i = 0; i < rounds; i++)
                sum += Tree(16).count();
        std::printf("%ld\n", sum);
        return 0;
}
