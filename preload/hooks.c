/* From the loader, else by name from the symbol table in the program's file. */
#define _GNU_SOURCE
#include "preload/hooks.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/platform.h"

enum { NAMES_BYTES_MAX = 64 << 20 }; /* programs with more symbols would start late */

/* Where they are exported the loader finds them. Asking it by dlsym would allocate memory for its answer that there are
 * none. */
EXPORT __attribute__((weak)) const char *__lsan_default_suppressions(void);
EXPORT __attribute__((weak)) int __lsan_is_turned_off(void);

static const char *(*default_suppressions)(void);
static int (*is_turned_off)(void);

/* The program's file as it lies in memory while it is looked at. */
struct image {
        const char *start;
        size_t bytes;
        uintptr_t bias; /* address minus what the file says */
};

static const void *part(const struct image *image, uint64_t offset, uint64_t bytes)
{
        return offset <= image->bytes && bytes <= image->bytes - offset ? image->start + offset : NULL;
}

/* How far from where its file says the kernel has put the program. False: unknown. */
static bool bias_find(uintptr_t *ret_bias)
{
        const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
        size_t count = getauxval(AT_PHNUM);

        for (size_t i = 0; header && i < count; i++)
                if (header[i].p_type == PT_PHDR) {
                        *ret_bias = (uintptr_t)header - header[i].p_vaddr;
                        return true;
                }
        return false;
}

static void *symbol_find(const struct image *image, const ElfW(Shdr) * symbols, const ElfW(Shdr) * names,
                         const char *name)
{
        const ElfW(Sym) *symbol = part(image, symbols->sh_offset, symbols->sh_size);
        const char *text = part(image, names->sh_offset, names->sh_size), *found = NULL;
        char wanted[64] = "";

        if (!symbol || !text || names->sh_size > NAMES_BYTES_MAX)
                return NULL;
        strcpy(wanted + 1, name); /* with the end of the name before it */
        found = memmem(text, names->sh_size, wanted, strlen(name) + 2);
        for (size_t i = 0; found && i < symbols->sh_size / sizeof *symbol; i++)
                if (symbol[i].st_name == (size_t)(found + 1 - text) && symbol[i].st_shndx != SHN_UNDEF &&
                    ELF64_ST_TYPE(symbol[i].st_info) == STT_FUNC)
                        return (void *)(image->bias + symbol[i].st_value);
        return NULL;
}

static const ElfW(Shdr) *
        section_find(const struct image *image, unsigned type, const ElfW(Shdr) * *ret_all, size_t *ret_count)
{
        const ElfW(Ehdr) *header = part(image, 0, sizeof *header);
        const ElfW(Shdr) * section;

        if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_shentsize != sizeof *section)
                return NULL;
        section = part(image, header->e_shoff, (uint64_t)header->e_shnum * sizeof *section);
        *ret_all = section;
        *ret_count = header->e_shnum;
        for (size_t i = 0; section && i < header->e_shnum; i++)
                if (section[i].sh_type == type)
                        return &section[i];
        return NULL;
}

static void look_into(const struct image *image)
{
        const ElfW(Shdr) * all, *symbols;
        size_t count;

        symbols = section_find(image, SHT_SYMTAB, &all, &count);
        if (!symbols || symbols->sh_link >= count)
                return;
        if (!default_suppressions)
                *(void **)&default_suppressions =
                        symbol_find(image, symbols, &all[symbols->sh_link], "__lsan_default_suppressions");
        if (!is_turned_off)
                *(void **)&is_turned_off = symbol_find(image, symbols, &all[symbols->sh_link], "__lsan_is_turned_off");
}

void hooks_find(const char *exe)
{
        struct image image;
        void *start;
        long fd, bytes;

        default_suppressions = __lsan_default_suppressions;
        is_turned_off = __lsan_is_turned_off;
        if (!bias_find(&image.bias))
                return;
        fd = syscall(SYS_openat, AT_FDCWD, exe, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return;
        bytes = syscall(SYS_lseek, fd, 0, SEEK_END);
        start = bytes > 0 ? mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, (int)fd, 0) : MAP_FAILED;
        syscall(SYS_close, fd);
        if (start == MAP_FAILED)
                return;
        image.start = start;
        image.bytes = (size_t)bytes;
        look_into(&image);
        munmap(start, (size_t)bytes);
}

const char *hooks_suppressions(void)
{
        return default_suppressions ? default_suppressions() : NULL;
}

bool hooks_turned_off(void)
{
        return is_turned_off && is_turned_off();
}
