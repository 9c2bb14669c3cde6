/* Threads that allocate, free, resize and hand blocks to each other at full speed, when another ends the program: whatever they were
 * at, nothing is lost. tests/leaks runs it a thousand times.
 * expect: total work allocations>=1000
 * expect: no leaks
 */
#include "leaks.h"
#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct shared_state {
        std::mutex mutex;
        std::list<std::string> queue;
};

/* Never destroyed: the threads go on until the end. */
static shared_state *shared = new shared_state;
static std::vector<void *> *slots[8];
static std::atomic<int> rounds;

NOINLINE static void hand_over(uint32_t state)
{
        std::lock_guard<std::mutex> lock(shared->mutex);

        if (state % 2)
                shared->queue.emplace_back(state % 300, 'q');
        else if (!shared->queue.empty())
                shared->queue.pop_front();
}

NOINLINE static void resize(void *&block, size_t bytes)
{
        block = realloc(block, bytes + 1);
}

NOINLINE static void work(int number)
{
        uint32_t state = (uint32_t)getpid() + (uint32_t)number * 7919;
        std::map<uint32_t, std::vector<int>> map;
        void *text = nullptr, *node = nullptr;

        for (;;) {
                rounds++;
                state = state * 1664525 + 1013904223;
                hand_over(state >> 16);
                resize(text, state >> 18);
                map[state % 50].assign(state >> 25, 1);
                if (state % 5 == 0)
                        map.erase(state % 50);
                void *&slot = (*slots[number])[state % 100];
                free(slot);
                slot = malloc(state >> 22);
                /* A list that is only in the frame, pushed and popped. */
                if (state % 7) {
                        void *block = malloc(24 + state % 100);

                        *(void **)block = node;
                        node = block;
                } else {
                        while (node) {
                                void *next = *(void **)node;

                                free(node);
                                node = next;
                        }
                }
        }
}

static void brief(int number)
{
        std::string text(number % 100 + 20, 'b');

        keep((void *)text.data());
}

int main()
{
        for (int i = 0; i < 4; i++) {
                slots[i] = new std::vector<void *>(100);
                std::thread(work, i).detach();
        }
        for (int i = 0; i < 20 + getpid() % 20; i++) {
                std::thread thread(brief, i);

                if (i % 2)
                        thread.detach();
                else
                        thread.join();
        }
        while (rounds < 1000)
                std::this_thread::yield();
        sleep_ms(getpid() % 10);
        exit(0);
}
