/* Reads the headers and the dynamic symbols of a program. */
#include "analyzer/commands/elf_facts.h"

#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE_OWN      EM_X86_64
#define MACHINE_OWN_NAME "64-bit x86-64"
#elif defined(__aarch64__)
#define MACHINE_OWN      EM_AARCH64
#define MACHINE_OWN_NAME "64-bit ARM"
#endif

static const char *machine_name(const GElf_Ehdr *header)
{
        switch (header->e_machine) {
        case EM_386:
                return "32-bit x86";
        case EM_X86_64:
                return header->e_ident[EI_CLASS] == ELFCLASS64 ? "64-bit x86-64" : "32-bit x86-64 (x32)";
        case EM_ARM:
                return "32-bit ARM";
        case EM_AARCH64:
                return "64-bit ARM";
        case EM_RISCV:
                return "RISC-V";
        case EM_PPC64:
                return "64-bit POWER";
        case EM_S390:
                return "S/390";
        default:
                return header->e_ident[EI_CLASS] == ELFCLASS64 ? "64-bit foreign" : "32-bit foreign";
        }
}

static bool machine_is_own(const GElf_Ehdr *header)
{
        return header->e_machine == MACHINE_OWN && header->e_ident[EI_CLASS] == ELFCLASS64 &&
               header->e_ident[EI_DATA] == ELFDATA2LSB;
}

/* The path of the loader, "" if there is none. */
static bool loader_read(Elf *elf, int fd, struct elf_facts *facts)
{
        size_t count;

        facts->loader[0] = '\0';
        if (elf_getphdrnum(elf, &count))
                return false;
        for (size_t i = 0; i < count; i++) {
                GElf_Phdr segment;

                if (!gelf_getphdr(elf, (int)i, &segment))
                        return false;
                if (segment.p_type != PT_INTERP)
                        continue;
                if (segment.p_filesz == 0 || segment.p_filesz > sizeof(facts->loader))
                        return false;
                if (pread(fd, facts->loader, segment.p_filesz, (off_t)segment.p_offset) != (ssize_t)segment.p_filesz)
                        return false;
                facts->loader[segment.p_filesz - 1] = '\0';
                return true;
        }
        return true;
}

/* The first that is found in this order is named: AddressSanitizer brings LeakSanitizer with it. */
static const struct {
        const char *symbol, *name;
} sanitizers[] = {
        {"__asan_init", "AddressSanitizer"},       {"__tsan_init", "ThreadSanitizer"},
        {"__msan_init", "MemorySanitizer"},        {"__hwasan_init", "HWAddressSanitizer"},
        {"__lsan_do_leak_check", "LeakSanitizer"},
};

enum {
        SANITIZERS = sizeof(sanitizers) / sizeof(sanitizers[0]),
};

static const char *sanitizer_find(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
        Elf_Data *data = elf_getdata(section, NULL);
        size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
        size_t found = SANITIZERS;

        for (size_t i = 0; data && i < count; i++) {
                GElf_Sym symbol;
                const char *name;

                if (!gelf_getsym(data, (int)i, &symbol))
                        break;
                name = elf_strptr(elf, header->sh_link, symbol.st_name);
                for (size_t known = 0; name && known < found; known++)
                        if (!strcmp(sanitizers[known].symbol, name))
                                found = known;
        }
        return found < SANITIZERS ? sanitizers[found].name : NULL;
}

/* The loader itself may be executed with a program as its argument; it preloads as always. It has a soname. */
static bool is_loader(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
        Elf_Data *data = elf_getdata(section, NULL);
        size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

        for (size_t i = 0; data && i < count; i++) {
                GElf_Dyn entry;
                const char *name;

                if (!gelf_getdyn(data, (int)i, &entry))
                        break;
                if (entry.d_tag != DT_SONAME)
                        continue;
                name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
                return name && !strncmp(name, "ld-linux", strlen("ld-linux"));
        }
        return false;
}

static void sections_read(Elf *elf, struct elf_facts *facts)
{
        for (Elf_Scn *section = elf_nextscn(elf, NULL); section; section = elf_nextscn(elf, section)) {
                GElf_Shdr header;

                if (!gelf_getshdr(section, &header))
                        continue;
                if (header.sh_type == SHT_DYNSYM && !facts->sanitizer)
                        facts->sanitizer = sanitizer_find(elf, section, &header);
                if (header.sh_type == SHT_DYNAMIC && facts->statically_linked && is_loader(elf, section, &header))
                        facts->statically_linked = false;
        }
}

static bool elf_read(Elf *elf, int fd, struct elf_facts *facts)
{
        GElf_Ehdr header;

        facts->machine_own = MACHINE_OWN_NAME;
        if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
                return false;
        facts->machine = machine_name(&header);
        facts->foreign = !machine_is_own(&header);
        if (facts->foreign)
                return true;
        if (!loader_read(elf, fd, facts))
                return false;
        facts->statically_linked = !facts->loader[0];
        facts->other_libc = facts->loader[0] && !strstr(facts->loader, "/ld-linux") && !strstr(facts->loader, "/ld-2.");
        facts->sanitizer = NULL;
        sections_read(elf, facts);
        return true;
}

bool elf_facts_read(int fd, struct elf_facts *ret_facts)
{
        bool whole;
        Elf *elf;

        elf_version(EV_CURRENT);
        elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
        whole = elf_read(elf, fd, ret_facts);
        elf_end(elf);
        return whole;
}
