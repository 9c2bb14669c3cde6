// Small blocks at the end of long call chains, as visitors of a syntax tree or a document make them.
// depth [DEPTH [ROUNDS]]
//
// 64 classes of nodes differ in code and in the size of their frames; each calls the next node from one of four places,
// and one class in 16 has a frame of variable size. A tree is a trunk that brings the recursion to DEPTH, with a crown
// of three levels of three on top. Each node of the crown keeps its text while its children are visited, and hands its
// own result up.
#include <alloca.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench.h"

namespace
{

constexpr int classes = 64, trees = 16, crown = 3, children_max = 3;

struct Block {
        uint32_t size;
        char text[];
};

struct Node {
        Node *child[children_max] = {};
        int children = 0;
        uint32_t place = 0, name = 0;
        bool in_crown = false;
        virtual Block *visit(uint64_t a, uint64_t b) = 0;
        virtual ~Node() = default;
};

// A text of 12 to 120 bytes, all of it written.
Block *text_new(uint64_t value, uint32_t name)
{
        uint32_t size = 12 + name % 109;
        Block *block = static_cast<Block *>(malloc(sizeof(Block) + size));

        if (!block)
                abort();
        block->size = size;
        for (uint32_t i = 0; i < size; i++) {
                block->text[i] = static_cast<char>('0' + value % 10);
                value = value / 10 + (value & 1) * 1000003;
        }
        return block;
}

uint64_t text_hash(const Block *block)
{
        uint64_t hash = 14695981039346656037U;

        for (uint32_t i = 0; i < block->size; i++)
                hash = (hash ^ static_cast<unsigned char>(block->text[i])) * 1099511628211U;
        return hash;
}

// Reads a text to its end and lets it go.
uint64_t take(Block *block)
{
        uint64_t hash = text_hash(block);

        free(block);
        return hash;
}

template <int N> struct Kind final : Node {
        Block *visit(uint64_t a, uint64_t b) override
        {
                volatile char local[8 + (N * 24) % 200];
                Block *own = in_crown ? text_new(a, name) : nullptr;
                uint64_t x = a * N + 1, y = b ^ N;

                local[0] = static_cast<char>(a);
                for (int i = 0; i < children; i++) {
                        Block *result;

                        switch ((place + static_cast<uint32_t>(i)) % 4) { // four return addresses
                        case 0:
                                result = child[i]->visit(x + 3, y);
                                break;
                        case 1:
                                result = child[i]->visit(x ^ 7, b * 5);
                                break;
                        case 2:
                                result = child[i]->visit(a ^ b, y);
                                break;
                        default:
                                result = child[i]->visit(y + 1, a);
                                break;
                        }
                        if (!in_crown) {
                                result->text[0] = static_cast<char>(result->text[0] + local[0]);
                                return result;
                        }
                        y ^= take(result);
                }
                if constexpr (N % 16 == 5)
                        x += scratch(x, y);
                x += take(own);
                return text_new(x ^ y, name / 3);
        }

        // A frame of variable size, which the compiler addresses by rbp.
        __attribute__((always_inline)) static uint64_t scratch(uint64_t x, uint64_t y)
        {
                size_t bytes = 16 + (x & 63);
                char *text = static_cast<char *>(alloca(bytes));

                memset(text, static_cast<int>(y), bytes);
                return static_cast<unsigned char>(text[bytes / 2]);
        }
};

template <int N> Node *make(int kind)
{
        if constexpr (N < 0)
                abort();
        else
                return kind == N ? new Kind<N> : make<N - 1>(kind);
}

Node *grow(int trunk, int levels, uint64_t *random)
{
        uint64_t bits = bench_random(random);
        Node *node = make<classes - 1>(static_cast<int>(bits % classes));

        node->place = static_cast<uint32_t>(bits >> 32) % 4;
        node->name = static_cast<uint32_t>(bits >> 40);
        node->in_crown = trunk == 0;
        node->children = trunk > 0 ? 1 : levels > 0 ? children_max : 0;
        for (int i = 0; i < node->children; i++)
                node->child[i] = grow(trunk > 0 ? trunk - 1 : 0, trunk > 0 ? levels : levels - 1, random);
        return node;
}

} // namespace

int main(int argc, char **argv)
{
        int depth = argc > 1 ? atoi(argv[1]) : 20;
        long rounds = argc > 2 ? atol(argv[2]) : 1500;
        Node *tree[trees];
        uint64_t random = 11, sum = 0;

        for (Node *&root : tree)
                root = grow(depth > crown ? depth - crown : 0, crown, &random);
        for (long i = 0; i < rounds; i++)
                for (Node *root : tree)
                        sum += take(root->visit(static_cast<uint64_t>(i), sum));
        printf("%llu\n", static_cast<unsigned long long>(sum));
        return 0;
}
