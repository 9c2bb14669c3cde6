/* Probes of the provider otel_memory, as OpenTelemetry's profiler looks for them: a nop in the code, and a note in the
 * library that says where it stands and where its arguments are (note type 3 of "stapsdt", as systemtap, gdb, bpftrace
 * and perf read it). They cost nothing while nobody looks.
 *
 *      alloc(pointer, size, weight)    a block was taken into the sample; weight: bytes that it stands for
 *      free(pointer)                   such a block was freed */
#ifndef PRELOAD_RECORD_PROBE_H
#define PRELOAD_RECORD_PROBE_H

#include <stdint.h>

/* The base section is how readers see that a linker has moved the addresses. */
#define PROBE(name, arguments, ...)                                                                                    \
        __asm__ volatile("990: nop\n"                                                                                  \
                         ".pushsection .note.stapsdt, \"\", \"note\"\n"                                                \
                         ".balign 4\n"                                                                                 \
                         ".4byte 992f - 991f, 994f - 993f, 3\n"                                                        \
                         "991: .asciz \"stapsdt\"\n"                                                                   \
                         "992: .balign 4\n"                                                                            \
                         "993: .8byte 990b, _.stapsdt.base, 0\n"                                                       \
                         ".asciz \"otel_memory\"\n"                                                                    \
                         ".asciz \"" name "\"\n"                                                                       \
                         ".asciz \"" arguments "\"\n"                                                                  \
                         "994: .balign 4\n"                                                                            \
                         ".popsection\n"                                                                               \
                         ".ifndef _.stapsdt.base\n"                                                                    \
                         ".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"                   \
                         ".weak _.stapsdt.base\n"                                                                      \
                         ".hidden _.stapsdt.base\n"                                                                    \
                         "_.stapsdt.base: .space 1\n"                                                                  \
                         ".size _.stapsdt.base, 1\n"                                                                   \
                         ".popsection\n"                                                                               \
                         ".endif\n"                                                                                    \
                         :                                                                                             \
                         : __VA_ARGS__)

static inline void probe_alloc(const void *block, uint64_t size, uint64_t weight)
{
        PROBE("alloc", "8@%0 8@%1 8@%2", "nor"(block), "nor"(size), "nor"(weight));
}

static inline void probe_free(const void *block)
{
        PROBE("free", "8@%0", "nor"(block));
}

#endif
