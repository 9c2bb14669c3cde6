// An interpreter: formulas are parsed into trees by recursive descent, simplified into new trees, and evaluated for
// some values.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>

#include "bench.h"

namespace
{

using Values = std::unordered_map<std::string, double>;

struct Node;
using Tree = std::unique_ptr<Node>;

struct Node {
        virtual double value(const Values &values) const = 0;
        virtual Tree simplified() const = 0;
        virtual bool is(double) const
        {
                return false;
        }
        virtual ~Node() = default;
};

struct Number final : Node {
        double number;
        explicit Number(double initial) : number(initial)
        {
        }
        double value(const Values &) const override
        {
                return number;
        }
        Tree simplified() const override
        {
                return std::make_unique<Number>(number);
        }
        bool is(double other) const override
        {
                return number == other;
        }
};

struct Variable final : Node {
        std::string name;
        explicit Variable(const std::string &initial) : name(initial)
        {
        }
        double value(const Values &values) const override
        {
                return values.at(name);
        }
        Tree simplified() const override
        {
                return std::make_unique<Variable>(name);
        }
};

struct Operation final : Node {
        char sign;
        Tree left, right;
        Operation(char initial, Tree a, Tree b) : sign(initial), left(std::move(a)), right(std::move(b))
        {
        }
        double value(const Values &values) const override
        {
                double a = left->value(values), b = right->value(values);

                return sign == '+' ? a + b : sign == '-' ? a - b : sign == '*' ? a * b : b != 0 ? a / b : 0;
        }
        Tree simplified() const override
        {
                Tree a = left->simplified(), b = right->simplified();

                if (sign == '*' && (a->is(0) || b->is(0)))
                        return std::make_unique<Number>(0);
                if ((sign == '*' && a->is(1)) || (sign == '+' && a->is(0)))
                        return b;
                if ((sign == '*' && b->is(1)) || (sign == '+' && b->is(0)))
                        return a;
                return std::make_unique<Operation>(sign, std::move(a), std::move(b));
        }
};

class Parser
{
        const std::string &text;
        size_t at = 0;

        bool next_is(const char *signs) const
        {
                return at < text.size() && std::string(signs).find(text[at]) != std::string::npos;
        }
        Tree factor()
        {
                size_t start = at;

                if (text[at] == '(') {
                        at++;
                        Tree tree = sum();
                        at++;
                        return tree;
                }
                while (at < text.size() && !next_is("+-*/()"))
                        at++;
                std::string token = text.substr(start, at - start);
                if (token[0] >= '0' && token[0] <= '9')
                        return std::make_unique<Number>(strtod(token.c_str(), nullptr));
                return std::make_unique<Variable>(token);
        }
        Tree product()
        {
                Tree tree = factor();

                while (next_is("*/")) {
                        char sign = text[at++];
                        tree = std::make_unique<Operation>(sign, std::move(tree), factor());
                }
                return tree;
        }

      public:
        explicit Parser(const std::string &formula) : text(formula)
        {
        }
        Tree sum()
        {
                Tree tree = product();

                while (next_is("+-")) {
                        char sign = text[at++];
                        tree = std::make_unique<Operation>(sign, std::move(tree), product());
                }
                return tree;
        }
};

std::string formula(uint64_t *random, int depth)
{
        uint64_t bits = bench_random(random);

        if (depth == 0 || bits % 8 == 0)
                return bits & 64 ? std::to_string((bits >> 8) % 4) : "a_variable_" + std::to_string((bits >> 8) % 20);
        std::string inner = formula(random, depth - 1) + "+-*/"[(bits >> 4) % 4] + formula(random, depth - 1);
        return bits & 256 ? "(" + inner + ")" : inner;
}

} // namespace

int main(int argc, char **argv)
{
        int rounds = argc > 1 ? atoi(argv[1]) : 10000;
        uint64_t random = 14;
        Values values;
        double sum = 0;

        for (int i = 0; i < 20; i++)
                values["a_variable_" + std::to_string(i)] = i;
        for (int i = 0; i < rounds; i++) {
                std::string text = formula(&random, 7);
                Tree tree = Parser(text).sum(), simple = tree->simplified();

                for (int j = 0; j < 5; j++) {
                        values["a_variable_" + std::to_string(j)] = i % 10;
                        sum += simple->value(values) - tree->value(values);
                }
        }
        printf("%g\n", sum);
        return 0;
}
