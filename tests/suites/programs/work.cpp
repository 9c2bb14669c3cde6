// Most of what a C++ program includes, and a few instances of it: work for the compiler's front end.
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

std::map<std::string, std::vector<std::unique_ptr<std::string>>> index_of(std::istream &input)
{
        std::map<std::string, std::vector<std::unique_ptr<std::string>>> index;
        std::regex word("[a-z]+");
        std::string line;

        while (std::getline(input, line))
                for (std::sregex_iterator i(line.begin(), line.end(), word), end; i != end; ++i)
                        index[i->str()].push_back(std::make_unique<std::string>(line));
        return index;
}
