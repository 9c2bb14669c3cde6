/* The heuristics. Only what a module has mapped is read beside the block: its program headers and its tables. */
#include "preload/leaks/explain.h"

#include <link.h>
#include <string.h>

#include "preload/platform.h"
#include "preload/record/modules.h"

enum { WORD = sizeof(uintptr_t), VTABLE_WORDS = 20, VTABLE_FUNCTIONS = 2 };

static uintptr_t word_at(uintptr_t address)
{
        return *(const volatile uintptr_t *)address;
}

/* The flags of the loaded segment of a module that an address lies in, and its end; 0: in none. */
static uint32_t segment_flags(uintptr_t address, uintptr_t *ret_end)
{
        const ElfW(Ehdr) *header = modules_map_start(address);
        const ElfW(Phdr) * segment;
        uintptr_t base;

        if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
                return 0;
        base = header->e_type == ET_EXEC ? 0 : (uintptr_t)header;
        segment = (const ElfW(Phdr) *)((uintptr_t)header + header->e_phoff);
        for (unsigned i = 0; i < header->e_phnum; i++)
                if (segment[i].p_type == PT_LOAD && address - base - segment[i].p_vaddr < segment[i].p_memsz) {
                        *ret_end = base + segment[i].p_vaddr + segment[i].p_memsz;
                        return segment[i].p_flags;
                }
        return 0;
}

/* At least two pointers to code, with nothing but zeros between. */
static bool is_vtable(uintptr_t address)
{
        uintptr_t end, ignored;
        unsigned functions = 0;

        if (!(segment_flags(address, &end) & PF_R))
                return false;
        for (unsigned i = 0; i < VTABLE_WORDS && address + WORD <= end; i++, address += WORD) {
                uintptr_t function = word_at(address);

                if (!function)
                        continue;
                if (!(segment_flags(function, &ignored) & PF_X))
                        return false;
                if (++functions == VTABLE_FUNCTIONS)
                        return true;
        }
        return false;
}

static bool is_known_vtable(struct leak_vtables *known, uintptr_t address)
{
        size_t place = (address * UINT64_C(0x9e3779b97f4a7c15)) >> 58;

        if (address % WORD || address < 4096)
                return false;
        if (known->address[place] != address) {
                known->answer[place] = is_vtable(address);
                known->address[place] = address;
        }
        return known->answer[place];
}

/* The characters of a std::string that counts its owners: length, capacity, count, and then they. */
static bool is_string(uintptr_t word, uintptr_t start, size_t bytes)
{
        uintptr_t capacity;

        if (word != start + 3 * WORD || bytes <= 3 * WORD)
                return false;
        capacity = word_at(start + WORD);
        return capacity == bytes - 3 * WORD - 1 && word_at(start) <= capacity;
}

/* Behind a word that says how much follows, in bytes (length64) or in elements (newarray), perhaps none. */
static bool is_counted(uintptr_t word, uintptr_t start, size_t bytes)
{
        uintptr_t count;

        if (word != start + WORD || bytes < WORD)
                return false;
        count = word_at(start);
        return bytes == WORD ? count == 0 : count && (bytes - WORD) % count == 0;
}

/* A node of glibc's tsearch, whose pointers to others say in their lowest bit of what colour it is. */
static bool is_tree_node(uintptr_t word, uintptr_t start, size_t bytes)
{
        return word == start + 1 && bytes == 3 * WORD;
}

/* A further base class of an object: both begin with a pointer to virtual functions. */
static bool is_base(struct leak_vtables *known, uintptr_t word, uintptr_t start, size_t bytes)
{
        return word % WORD == 0 && word - start + WORD <= bytes && is_known_vtable(known, word_at(word)) &&
               is_known_vtable(known, word_at(start));
}

bool leak_explained(struct leak_vtables *known, uintptr_t word, uintptr_t start, size_t bytes)
{
        return is_counted(word, start, bytes) || is_string(word, start, bytes) || is_tree_node(word, start, bytes) ||
               is_base(known, word, start, bytes);
}
