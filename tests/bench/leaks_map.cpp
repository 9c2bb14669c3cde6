// A std::map of 1.8 million blocks that is kept, and two thousand blocks that are lost, one by one and in pairs. Prints the
// time of day in nanoseconds when main has ended, so that what a leak checker does after it can be told from the rest.
#include "bench.h"

#include <ctime>
#include <map>

static std::map<uint64_t, uint64_t> *volatile kept;

static __attribute__((noinline)) void fill(size_t count)
{
        uint64_t state = 88172645463325252;

        kept = new std::map<uint64_t, uint64_t>;
        while (kept->size() < count)
                kept->emplace(bench_random(&state), 1);
}

static __attribute__((noinline)) void lose(size_t count)
{
        for (size_t i = 0; i < count; i++) {
                void **block = reinterpret_cast<void **>(bench_touch(malloc(24 + i % 100), 24));

                block[0] = i % 2 ? bench_touch(malloc(40), 40) : nullptr;
        }
}

int main(int argc, char **argv)
{
        timespec now;

        fill(argc > 1 ? strtoul(argv[1], nullptr, 10) : 1800000);
        lose(1334);
        clock_gettime(CLOCK_REALTIME, &now);
        printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
        return 0;
}
