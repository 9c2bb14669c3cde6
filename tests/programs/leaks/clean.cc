/* A program that allocates and frees in many ways and loses nothing; tests/leaks runs it a thousand times.
 * expect: total churn allocations>=5000
 * expect: no leaks
 */
#include "leaks.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

struct tree {
        std::map<int, std::string> names;
        std::vector<std::unique_ptr<tree>> branches;
        std::shared_ptr<std::string> title;
};

static tree *volatile kept;
static tree local_root;

NOINLINE static void churn(tree *root, int depth, uint32_t &state)
{
        for (int i = 0; i < 10; i++) {
                state = state * 1664525 + 1013904223;
                root->names[state % 30] = std::string(state >> 24, 'x');
                if (state % 3 == 0 && !root->names.empty())
                        root->names.erase(root->names.begin());
        }
        root->title = std::make_shared<std::string>(40, 't');
        if (depth == 0)
                return;
        for (int i = 0; i < 6; i++) {
                auto branch = std::make_unique<tree>();

                branch->title = root->title;
                churn(branch.get(), depth - 1, state);
                if (state % 4)
                        root->branches.push_back(std::move(branch));
        }
}

NOINLINE static void grow()
{
        char *text = nullptr;

        for (size_t bytes = 1; bytes < 1 << 20; bytes *= 3)
                text = (char *)realloc(text, bytes);
        free(text);
        free(strdup("text"));
        free(memalign(256, 1000));
        delete[] new std::string[20];
}

int main()
{
        uint32_t state = (uint32_t)getpid();

        quiet_streams();
        grow();
        kept = new tree;
        churn(kept, 3, state);
        churn(&local_root, 3, state);
        for (int i = 0; i < 5; i++) {
                tree passing;

                churn(&passing, 2, state);
        }
        puts("done");
        return 0;
}
