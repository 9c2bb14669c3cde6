/* Code the unwinder has no rules for: a function without unwind information, and code made at run time. The capture ends
 * there or bridges it, but never crashes, and the counts are exact.
 * expect: exit 0
 * expect: live allocates blocks=20 bytes=20*23
 * expect: sql SELECT sum(allocations) FROM site WHERE size_min = 24 => 10
 * expect: walk agrees
 */
#include "program.h"
#include <sys/mman.h>

NOINLINE static void *allocates(void)
{
        return keep(malloc(23));
}

typedef void *allocates_t(void);

#ifdef __x86_64__
/* No .cfi lines here; and it uses the frame pointer for something else, as hand-written code does. */
__asm__(".text\n"
        "no_rules:\n"
        "  push %rbp\n"
        "  sub $48, %rsp\n"
        "  mov $0x1234567, %rbp\n"
        "  call *%rdi\n"
        "  add $48, %rsp\n"
        "  pop %rbp\n"
        "  ret\n");
void *no_rules(allocates_t *function);

/* push rbp; mov rbp, rsp; sub rsp, 32; call rdi with rsi as its argument; leave; ret */
static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x20, 0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0xff, 0xd0, 0xc9, 0xc3};
#else
static void *no_rules(allocates_t *function)
{
        return function();
}
static const unsigned char code[1];
#endif

NOINLINE static void made_code(void)
{
        void *(*call)(void *(*)(size_t), size_t);
        char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        memcpy(page, code, sizeof code);
        CHECK(!mprotect(page, 4096, PROT_READ | PROT_EXEC));
        call = (void *(*)(void *(*)(size_t), size_t))(void *)page;
        for (int i = 0; i < 10; i++)
                keep(sizeof code > 1 ? call(malloc, 24) : malloc(24));
        for (int i = 0; i < 10; i++)
                keep(sizeof code > 1 ? call((void *(*)(size_t))(void *)allocates, 0) : allocates());
        munmap(page, 4096);
}

int main(void)
{
        for (int i = 0; i < 10; i++)
                no_rules(allocates);
        made_code();
        return 0;
}
