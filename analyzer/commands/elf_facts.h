/* The few facts of an ELF program that decide whether libheaptap.so can be preloaded into it. */
#ifndef ANALYZER_COMMANDS_ELF_FACTS_H
#define ANALYZER_COMMANDS_ELF_FACTS_H

#include <limits.h>
#include <stdbool.h>

struct elf_facts {
        bool foreign;            /* for another machine or word size; what follows is not filled in then */
        const char *machine;     /* in words */
        const char *machine_own; /* what this build traces */
        bool statically_linked;
        bool other_libc;
        const char *sanitizer; /* NULL: none that brings an allocator */
        char loader[PATH_MAX];
};

bool elf_facts_read(int fd, struct elf_facts *ret_facts); /* false: the file is damaged */

#endif
