// A text is cut into words, which are counted, grouped by their first letters and sorted, with the containers that
// everybody uses.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench.h"

namespace
{

std::string text_of(int words)
{
        std::string text;
        uint64_t random = 13;

        for (int i = 0; i < words; i++) {
                uint64_t bits = bench_random(&random);
                unsigned rank = static_cast<unsigned>(bits % 20000 * (bits >> 20 & 1023) / 1024); // few are frequent

                text += static_cast<char>('a' + rank % 23);
                text += (rank % 3 ? "word" : "expression-of-some-length") + std::to_string(rank);
                text += i % 12 == 11 ? '\n' : ' ';
        }
        return text;
}

std::vector<std::string> split(const std::string &text, char by)
{
        std::vector<std::string> parts;
        size_t start = 0, end;

        while ((end = text.find(by, start)) != std::string::npos) {
                parts.push_back(text.substr(start, end - start));
                start = end + 1;
        }
        parts.push_back(text.substr(start));
        return parts;
}

std::string title(std::string word)
{
        for (char &letter : word)
                letter = static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 32 : letter);
        return "<" + word + ">";
}

long count_all(const std::string &text)
{
        std::unordered_map<std::string, int> counts;
        std::map<std::string, std::vector<std::string>> groups;
        std::string index;
        long sum = 0;

        for (const std::string &line : split(text, '\n'))
                for (const std::string &word : split(line, ' '))
                        counts[title(word)]++;
        for (const auto &[word, count] : counts)
                groups[word.substr(0, 4)].push_back(word + "=" + std::to_string(count));
        for (auto &[start, words] : groups) {
                std::sort(words.begin(), words.end());
                for (const std::string &word : words)
                        index += start + ":" + word + ";";
        }
        for (char letter : index)
                sum = sum * 31 + letter;
        return sum;
}

} // namespace

int main(int argc, char **argv)
{
        int rounds = argc > 1 ? atoi(argv[1]) : 6;
        std::string text = text_of(200000);
        long sum = 0;

        for (int i = 0; i < rounds; i++)
                sum += count_all(text);
        printf("%ld\n", sum);
        return 0;
}
