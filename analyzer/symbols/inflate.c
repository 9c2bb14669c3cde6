/* The inflated bytes are put into libelf's own descriptions of the sections, before libdw looks at them. */
#include "analyzer/symbols/inflate.h"

#include <gelf.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/xalloc.h"

enum { SECTIONS_MAX = 16 };

/* More than any section has been seen to shrink by: what says more is damaged, and shall not cost memory. */
enum { RATIO_MAX = 1032, POPULATE_RATIO_MAX = 16 };

struct inflate {
        int fd;
        Elf *elf;
        Dwarf *dwarf;
        struct section {
                void *bytes;
                size_t count;
        } section[SECTIONS_MAX];
        size_t count;
};

enum use {
        USE_NONE, /* not of debugging information */
        USE_READ,
        USE_SKIP, /* where variables are, and macros */
        USE_NOT_OURS,
};

static enum use use_of(const char *name)
{
        static const char *const skipped[] = {".debug_loc", ".debug_loclists", ".debug_macro", ".debug_macinfo",
                                              ".debug_frame"};

        if (strcmp(name, ".gnu_debugaltlink") == 0 || strncmp(name, ".zdebug", 7) == 0)
                return USE_NOT_OURS;
        for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
                if (strcmp(name, skipped[i]) == 0)
                        return USE_SKIP;
        return strncmp(name, ".debug_", 7) == 0 ? USE_READ : USE_NONE;
}

/* Its bytes as they are in the file; false: they are not compressed in the usual way. */
static bool find_compressed(Elf_Scn *section, GElf_Chdr *ret_header, const void **ret_from, size_t *ret_from_bytes)
{
        size_t header_bytes = sizeof(Elf64_Chdr);
        const Elf_Data *raw = elf_rawdata(section, NULL);

        if (!gelf_getchdr(section, ret_header) || ret_header->ch_type != ELFCOMPRESS_ZLIB || !raw ||
            raw->d_size < header_bytes || ret_header->ch_size / RATIO_MAX > raw->d_size)
                return false;
        *ret_from = (const char *)raw->d_buf + header_bytes;
        *ret_from_bytes = raw->d_size - header_bytes;
        return true;
}

/* All of it will be written: to have its pages made now costs less than to fault them in one by one. A section that
 * says to have shrunk to very little may be damaged, and shall cost what is written and no more. */
static void *section_make(struct inflate *inflate, size_t count, size_t from_count)
{
        int populate = count / POPULATE_RATIO_MAX <= from_count ? MAP_POPULATE : 0;
        void *bytes = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | populate, -1, 0);

        if (bytes == MAP_FAILED)
                return NULL;
        inflate->section[inflate->count++] = (struct section){bytes, count};
        return bytes;
}

static void replace(Elf_Data *data, void *bytes, size_t count)
{
        data->d_buf = bytes;
        data->d_size = count;
        data->d_type = ELF_T_BYTE;
}

static bool inflate_section(struct inflate *inflate, struct libdeflate_decompressor *decompressor, Elf_Scn *section,
                            GElf_Shdr *header)
{
        GElf_Chdr compressed;
        const void *from;
        size_t from_bytes;
        Elf_Data *raw, *data;
        void *bytes;

        if (inflate->count == SECTIONS_MAX || !find_compressed(section, &compressed, &from, &from_bytes))
                return false;
        bytes = section_make(inflate, compressed.ch_size, from_bytes);
        if (!bytes || libdeflate_zlib_decompress(decompressor, from, from_bytes, bytes, compressed.ch_size, NULL) !=
                              LIBDEFLATE_SUCCESS)
                return false;
        raw = elf_rawdata(section, NULL);
        data = elf_getdata(section, NULL);
        if (!raw || !data)
                return false;
        replace(raw, bytes, compressed.ch_size);
        replace(data, bytes, compressed.ch_size);
        header->sh_flags &= ~(GElf_Xword)SHF_COMPRESSED;
        header->sh_size = compressed.ch_size;
        return gelf_update_shdr(section, header);
}

static bool inflate_sections(struct inflate *inflate, struct libdeflate_decompressor *decompressor)
{
        Elf_Scn *section = NULL;
        GElf_Shdr header;
        size_t names;

        if (elf_getshdrstrndx(inflate->elf, &names) != 0)
                return false;
        while ((section = elf_nextscn(inflate->elf, section))) {
                const char *name =
                        gelf_getshdr(section, &header) ? elf_strptr(inflate->elf, names, header.sh_name) : NULL;
                enum use use = name ? use_of(name) : USE_NONE;

                if (use == USE_NOT_OURS)
                        return false;
                if (use == USE_NONE || header.sh_type == SHT_NOBITS || !(header.sh_flags & SHF_COMPRESSED))
                        continue;
                if (use == USE_SKIP) {
                        header.sh_type = SHT_NOBITS;
                        if (!gelf_update_shdr(section, &header))
                                return false;
                } else if (!inflate_section(inflate, decompressor, section, &header)) {
                        return false;
                }
        }
        return inflate->count > 0;
}

struct inflate *inflate_open(int fd)
{
        struct inflate *inflate = xcalloc(1, sizeof *inflate);
        struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
        GElf_Ehdr header;
        bool done;

        inflate->fd = fd;
        inflate->elf = elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL);
        done = decompressor && inflate->elf && gelf_getehdr(inflate->elf, &header) && header.e_type != ET_REL &&
               header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
               inflate_sections(inflate, decompressor);
        libdeflate_free_decompressor(decompressor);
        if (done)
                inflate->dwarf = dwarf_begin_elf(inflate->elf, DWARF_C_READ, NULL);
        if (inflate->dwarf)
                return inflate;
        inflate_close(inflate);
        return NULL;
}

Dwarf *inflate_dwarf(struct inflate *inflate)
{
        return inflate->dwarf;
}

void inflate_close(struct inflate *inflate)
{
        if (!inflate)
                return;
        dwarf_end(inflate->dwarf);
        elf_end(inflate->elf);
        close(inflate->fd);
        for (size_t i = 0; i < inflate->count; i++)
                munmap(inflate->section[i].bytes, inflate->section[i].count);
        free(inflate);
}
