// Stacks of every shape, at random: calls through a table of functions that allocate between the calls, each of them hard
// on an unwinder in its own way. Under heaptap --unwind=verify-all every backtrace is compared with libunwind's.
//
//     torture SEED ROUNDS THREADS [tame|wild]
//
// wild: also frames whose callers nobody can know, so that libunwind, which says something all the same or reads where
// nothing is (it remembers pages that were readable once), cannot be the judge: without unwind information and with something else in the frame pointer, or with
// unwind information that is wrong about it. The program must only live. The output does not depend on the allocator.
#include <alloca.h>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <stdexcept>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone, used))

namespace {

enum { DEPTH_MAX = 40, BUDGET = 300, FIBRE_BYTES = 8192, ALTERNATE_BYTES = 256 << 10 };

using word = std::uint64_t;
using shape = word(word);

thread_local word random_state;
thread_local int depth, budget, in_handler;
thread_local bool in_fibre, small;
thread_local sigjmp_buf *way_out; // of the innermost sigsetjmp that may be jumped to
thread_local bool caught;         // an exception would be
bool wild;

unsigned any(unsigned below)
{
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return static_cast<unsigned>(random_state >> 11) % below;
}

template <class T> void keep(T &value)
{
        __asm__ volatile("" : "+r"(value) : : "memory");
}

APART void allocate()
{
        void *block = std::malloc(any(200) + 1);

        keep(block);
        if (any(8) == 0)
                block = std::realloc(block, any(400) + 1);
        std::free(block);
}

word go(word argument);

// What an exception or a longjmp skips is put right by who catches it.
struct at_depth {
        int depth_before = depth;
        sigjmp_buf *out_before = way_out;
        bool caught_before = caught;
        ~at_depth() { restore(); }
        void restore() { depth = depth_before, way_out = out_before, caught = caught_before; }
        void shut() { way_out = nullptr, caught = false; }
};

// --- frames as compilers make them

template <int N> APART word plain(word a)
{
        volatile char room[N * 8 + 8];
        word x = a * 3, y = a ^ N, z = a + N;

        room[0] = static_cast<char>(a);
        allocate();
        word result = go(x);
        allocate();
        result += go(y) + z;
        room[1] = static_cast<char>(result);
        __asm__ volatile("" ::"r"(x), "r"(y), "r"(z));
        return result + static_cast<word>(room[0]);
}

template <int N> __attribute__((noinline, optimize("no-omit-frame-pointer"))) word framed(word a)
{
        volatile char room[N * 8 + 8];

        room[0] = static_cast<char>(a);
        allocate();
        word result = go(a + N);
        allocate();
        return result + static_cast<word>(room[0]);
}

template <int N> APART word moving(word a)
{
        char *room = static_cast<char *>(alloca(16 + a * N % 512));
        word result = 0;

        room[0] = 1;
        keep(room);
        allocate();
        for (int i = 0; i < 2; i++) {
                char *more = static_cast<char *>(alloca(1 + any(100)));

                more[0] = 2;
                keep(more);
                result += go(a + static_cast<word>(i));
                allocate();
        }
        return result;
}

__attribute__((noinline, force_align_arg_pointer)) word realigned(word a)
{
        alignas(64) volatile char room[64];

        room[0] = static_cast<char>(a);
        allocate();
        word result = go(a + 1);
        allocate();
        return result + static_cast<word>(room[0]);
}

APART word realigned_and_moving(word a)
{
        alignas(128) volatile char room[128];
        char *more = static_cast<char *>(alloca(a % 64 + 1));

        room[0] = static_cast<char>(a);
        more[0] = 1;
        keep(more);
        word result = go(a + 1);
        allocate();
        return result + static_cast<word>(room[0]);
}

APART word wide_on_large_stack(word a)
{
        volatile char room[20000];

        room[0] = room[19999] = static_cast<char>(a);
        word result = go(a);
        allocate();
        return result + static_cast<word>(room[0]);
}

APART word wide(word a)
{
        return small ? go(a) : wide_on_large_stack(a) + 1;
}

APART word called_last_inner(word a)
{
        allocate();
        return go(a) + 1;
}

// Ends in a jump, so that it has no frame while the callee runs.
APART word called_last(word a)
{
        allocate();
        return called_last_inner(a * 5);
}

// The same frames at the same place, but for a return address further out.
APART word again_inner(word a)
{
        allocate();
        __asm__ volatile("");
        return a + 1;
}

APART word again_middle(word a)
{
        word result = again_inner(a);

        __asm__ volatile("");
        return result + 1;
}

APART word again(word a)
{
        word result = again_middle(a);

        __asm__ volatile("");
        result += again_middle(a + 1);
        __asm__ volatile("");
        if (a & 1)
                result += again_middle(3);
        else
                result += again_middle(4);
        return result + go(a);
}

APART word recurse(word a, int left)
{
        volatile word room[2] = {a, a};
        word result;

        if (left == 0) {
                for (int i = 0; i < 3; i++)
                        allocate();
                return a;
        }
        result = recurse(a + 1, left - 1) + room[0];
        if (left % 500 == 0)
                allocate();
        return result;
}

APART word deep(word a)
{
        if (small || in_handler || any(200))
                return go(a);
        return recurse(a, static_cast<int>(500 + any(3000)));
}

// --- frames left in other ways than by return

APART word jumped_over(word a)
{
        at_depth here;
        sigjmp_buf out;
        word result;

        if (sigsetjmp(out, 1) == 0) {
                way_out = &out;
                caught = false;
                result = go(a);
        } else {
                result = 1;
        }
        here.restore();
        allocate();
        return result;
}

APART word jumps(word a)
{
        allocate();
        if (way_out && any(4) == 0)
                siglongjmp(*way_out, 1);
        return go(a);
}

APART word throws(word a)
{
        at_depth here;
        word result = 0;

        if (small) // the C++ runtime needs more stack than that
                return go(a);
        way_out = nullptr;
        caught = true;
        try {
                if (any(3) == 0)
                        throw std::runtime_error("thrown at once");
                result = go(a);
                if (any(3) == 0)
                        throw static_cast<int>(a);
        } catch (const std::exception &) {
                here.restore();
                allocate();
                result = 2;
        } catch (int) {
                here.restore();
                allocate();
                result = 3;
        }
        allocate();
        return result;
}

APART word thrown(word a)
{
        allocate();
        if (caught && any(3) == 0)
                throw static_cast<int>(a);
        return go(a);
}

// --- signals: on the same stack, on another, one in another

void on_signal(int)
{
        at_depth here;
        bool small_before = small;

        in_handler++;
        allocate();
        // A handler on the stack of a fibre has no room for more.
        if (in_handler < 3 && !in_fibre) {
                here.shut();
                go(5);
        }
        allocate();
        small = small_before;
        in_handler--;
}

APART word signalled(word a)
{
        if (in_handler < 2 && !small) { // what the kernel saves for a handler may need more than a small stack
                at_depth here;

                here.shut();
                raise(any(2) || in_fibre ? SIGUSR1 : SIGUSR2);
        }
        allocate();
        return go(a);
}

// --- coroutines

thread_local ucontext_t outside, inside;
thread_local word fibre_argument;

void fibre()
{
        allocate();
        fibre_argument = go(fibre_argument);
        allocate();
        swapcontext(&inside, &outside);
        allocate();
        go(3);
        swapcontext(&inside, &outside);
}

// Its stack is gone afterwards, and another fibre's stack will lie there.
APART word switched(word a)
{
        bool big = any(2);
        std::size_t bytes = big ? 256 << 10 : FIBRE_BYTES;

        if (in_fibre || in_handler)
                return go(a);
        at_depth here;
        char *stack = static_cast<char *>(mmap(nullptr, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

        mprotect(stack, 4096, PROT_NONE);
        in_fibre = true;
        small = !big;
        here.shut();
        getcontext(&inside);
        inside.uc_stack.ss_sp = stack + 4096;
        inside.uc_stack.ss_size = bytes;
        inside.uc_link = &outside;
        fibre_argument = a;
        makecontext(&inside, fibre, 0);
        depth = small ? DEPTH_MAX - 3 : 20;
        swapcontext(&outside, &inside);
        small = false;
        allocate();
        allocate();
        small = !big;
        swapcontext(&outside, &inside);
        munmap(stack, bytes + 4096);
        in_fibre = small = false;
        here.restore();
        allocate();
        return fibre_argument;
}

} // namespace

// --- by hand

extern "C" {
word torture_go(word a) // nothing gets out of it but by return
{
        at_depth here;

        here.shut();
        allocate();
        return go(a);
}
word pointer_as_data(word a), no_rules_framed(word a), no_rules_bare(word a), no_rules_zero(word a), no_rules_small(word a);
word no_rules_near(word a), no_rules_far(word a), broken_far(word a), broken_near(word a), jumps_into(word a);
}
__asm__(R"(
        .text
# The frame pointer as a general register; what it holds looks like an address now and then.
        .type pointer_as_data,@function
pointer_as_data:
        .cfi_startproc
        push %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset 6,-16
        imul $977,%rdi,%rbp
        add %rsp,%rbp
        call torture_go
        lea 1(%rbp,%rax),%rbp
        mov %rax,%rdi
        call torture_go
        mov %rbp,%rax
        pop %rbp
        .cfi_restore 6
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
        .size pointer_as_data,.-pointer_as_data
# A call that is a jump.
        .type jumps_into,@function
jumps_into:
        .cfi_startproc
        add $3,%rdi
        jmp torture_go
        .cfi_endproc
        .size jumps_into,.-jumps_into

# Without unwind information: with a frame pointer as it should be; with the caller's in place; with zero; with what
# points nowhere; with what points to some word further out on the stack; with what points far away.
        .type no_rules_framed,@function
no_rules_framed:
        push %rbp
        mov %rsp,%rbp
        call torture_go
        pop %rbp
        ret
        .size no_rules_framed,.-no_rules_framed
        .type no_rules_bare,@function
no_rules_bare:
        sub $8,%rsp
        call torture_go
        add $8,%rsp
        ret
        .size no_rules_bare,.-no_rules_bare
        .type no_rules_zero,@function
no_rules_zero:
        push %rbp
        xor %ebp,%ebp
        call torture_go
        pop %rbp
        ret
        .size no_rules_zero,.-no_rules_zero
        .type no_rules_small,@function
no_rules_small:
        push %rbp
        mov $12345,%ebp
        call torture_go
        pop %rbp
        ret
        .size no_rules_small,.-no_rules_small
        .type no_rules_near,@function
no_rules_near:
        push %rbp
        mov %rdi,%rbp
        and $0x7f8,%rbp
        add %rsp,%rbp
        call torture_go
        pop %rbp
        ret
        .size no_rules_near,.-no_rules_near
        .type no_rules_far,@function
no_rules_far:
        push %rbp
        mov %rdi,%rbp
        or $8,%rbp
        shl $12,%rbp
        add %rsp,%rbp
        call torture_go
        pop %rbp
        ret
        .size no_rules_far,.-no_rules_far

# With unwind information that says nothing of the frame pointer, which is broken while the callee runs.
        .type broken_far,@function
broken_far:
        .cfi_startproc
        push %rbp
        .cfi_def_cfa_offset 16
        movabs $0x4141414141414141,%rbp
        call torture_go
        pop %rbp
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
        .size broken_far,.-broken_far
        .type broken_near,@function
broken_near:
        .cfi_startproc
        push %rbp
        .cfi_def_cfa_offset 16
        mov %rdi,%rbp
        and $0xffff,%rbp
        add %rsp,%rbp
        call torture_go
        pop %rbp
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
        .size broken_near,.-broken_near
)");

namespace {

// --- code that is made while the program runs, and is gone again

APART word generated(word a)
{
        // push %rbp; mov %rsp,%rbp or two nops more; movabs $torture_go,%rax; call *%rax; pop %rbp; ret
        static const unsigned char framed_code[] = {0x55, 0x48, 0x89, 0xe5}, bare_code[] = {0x55, 0x0f, 0x1f, 0x00};
        auto *code = static_cast<unsigned char *>(
                mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        unsigned char *at = code + any(16);
        auto *function = reinterpret_cast<shape *>(at);
        word target = reinterpret_cast<word>(&torture_go);

        if (code == MAP_FAILED)
                return go(a);
        at_depth here;
        std::memcpy(at, wild && any(2) ? bare_code : framed_code, 4);
        at += 4;
        *at++ = 0x48;
        *at++ = 0xb8;
        std::memcpy(at, &target, 8);
        at += 8;
        std::memcpy(at, "\xff\xd0\x5d\xc3", 4);
        word result = function(a);
        munmap(code, 4096);
        allocate();
        return result;
}

APART word unknowable(word a)
{
        static shape *const all[] = {broken_far, broken_near, no_rules_bare, no_rules_near, no_rules_far};

        if (!wild)
                return go(a);
        return all[any(5)](a);
}

shape *const shapes[] = {
        plain<0>,       plain<1>,      plain<2>,        plain<3>,   plain<5>,
        plain<9>,       plain<17>,     framed<1>,       framed<2>,  framed<3>,
        moving<1>,      moving<3>,     moving<7>,       realigned,  realigned_and_moving,
        wide,           called_last,   again,           again,      deep,
        jumped_over,    jumps,         throws,          thrown,     signalled,
        switched,       generated,     pointer_as_data, jumps_into, no_rules_framed,
        no_rules_zero,  no_rules_small, unknowable,
};

APART word go(word a)
{
        word result = 0;

        if (depth > DEPTH_MAX || budget-- < 0) {
                allocate();
                return a;
        }
        depth++;
        for (unsigned i = 0; i < 1 + any(2); i++)
                result += shapes[any(sizeof shapes / sizeof *shapes)](a + i);
        depth--;
        return result;
}

struct job {
        word seed;
        unsigned rounds;
};

void *work(void *context)
{
        const auto *job = static_cast<struct job *>(context);
        stack_t alternate = {};

        alternate.ss_sp = std::malloc(ALTERNATE_BYTES);
        alternate.ss_size = ALTERNATE_BYTES;
        sigaltstack(&alternate, nullptr);
        random_state = job->seed * UINT64_C(88172645463325252) + 7919;
        for (unsigned i = 0; i < job->rounds; i++) {
                depth = in_handler = 0;
                in_fibre = small = false;
                way_out = nullptr;
                caught = false;
                budget = BUDGET;
                go(i);
        }
        return nullptr;
}

} // namespace

int main(int argc, char **argv)
{
        unsigned seed = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1;
        unsigned rounds = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 100;
        unsigned threads = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 2;
        struct sigaction action = {};
        pthread_t thread[64];
        struct job job[64];

        wild = argc > 4 && std::strcmp(argv[4], "wild") == 0;
        action.sa_handler = on_signal;
        action.sa_flags = SA_NODEFER;
        sigaction(SIGUSR1, &action, nullptr);
        action.sa_flags |= SA_ONSTACK;
        sigaction(SIGUSR2, &action, nullptr);
        threads = threads < 1 ? 1 : threads > 64 ? 64 : threads;
        for (unsigned i = 0; i < threads; i++) {
                job[i] = {seed * 64 + i, rounds};
                pthread_create(&thread[i], nullptr, work, &job[i]);
        }
        for (unsigned i = 0; i < threads; i++)
                pthread_join(thread[i], nullptr);
        std::puts("done");
        return 0;
}
