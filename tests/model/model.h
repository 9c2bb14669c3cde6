/* A model checker for code that was compiled with -fsanitize=thread: it takes the place of ThreadSanitizer's runtime,
 * so every load and store of the unmodified code comes by. Up to MODEL_THREADS_MAX threads are coroutines; before each
 * operation on an atomic that several of them use, any of them may go on, and all ways are tried, by depth-first search
 * over choices. States that were seen before are not entered again.
 *
 * Memory is that of C11 but for what the compiler and load buffering could do: each atomic has a list of all its
 * values, and a load may return any that is not older than what the thread must know (through acquire and release). A
 * read-modify-write takes the last. Plain accesses that nothing orders are reported as races.
 *
 * Plain memory is put back after each run from a log of the old values, so a run costs microseconds. */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_THREADS_MAX = 3, MODEL_BOXES = 4 };

struct model {
        const char *name;
        unsigned threads;
        void (*thread[MODEL_THREADS_MAX])(void);
        void (*begin)(void);      /* before each run: puts back what the scenario itself keeps */
        const char *(*end)(void); /* after each run, by one thread alone: what is wrong, or NULL */
};

struct model_result {
        const char *trouble; /* NULL: none, in any run */
        uint64_t runs, states, steps;
        unsigned atomics; /* that several threads use */
        bool whole;       /* all runs were tried */
};

/* Tries all runs, or those until `seconds` have passed. stale: loads may return old values. */
struct model_result model_explore(const struct model *model, bool stale, double seconds);
void model_print_trace(void); /* of the run with the trouble, to stderr */

/* For the threads of a scenario, whose code is not instrumented. */
_Noreturn void model_fail(const char *trouble); /* ends the run, and the search */
/* The thread has ended one operation: all that it knows of what it has read is this. */
void model_forget(uint64_t known);
void model_send(unsigned box, void *what);
void *model_receive(unsigned box); /* waits */
/* What the scenario keeps for all threads; a part of the state. */
extern uint64_t model_extra;

static inline uint64_t model_mix(uint64_t a, uint64_t b)
{
        uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u + b;

        x = (x ^ x >> 31) * 0x94d049bb133111ebu;
        return x ^ x >> 29;
}
#endif
