/* By build-id first, as distributions and compilers have it today; then where .gnu_debuglink may mean. */
#include "analyzer/symbols/separate.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/xalloc.h"

static bool same_build_id(const void *bits, ssize_t count, const char *expected)
{
        char digits[3];

        if (strlen(expected) != 2 * (size_t)count)
                return false;
        for (ssize_t i = 0; i < count; i++) {
                digits[0] = "0123456789abcdef"[((const uint8_t *)bits)[i] >> 4];
                digits[1] = "0123456789abcdef"[((const uint8_t *)bits)[i] & 15];
                if (memcmp(digits, expected + 2 * i, 2) != 0)
                        return false;
        }
        return true;
}

bool separate_build_id_fits(Elf *elf, const char *expected)
{
        const void *bits;
        ssize_t count = dwelf_elf_gnu_build_id(elf, &bits);

        return count <= 0 || !*expected || same_build_id(bits, count, expected);
}

/* The file, if it has this build-id; -1 if not. Takes over the path. */
static int open_if(char *path, const unsigned char *bits, int count, char **ret_file)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
        const void *other;
        bool fits = elf && dwelf_elf_gnu_build_id(elf, &other) == count && memcmp(other, bits, (size_t)count) == 0;

        elf_end(elf);
        if (fits) {
                *ret_file = path;
                return fd;
        }
        if (fd >= 0)
                close(fd);
        free(path);
        return -1;
}

static int find(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, const char *file,
                const char *link, GElf_Word link_crc, char **ret_file)
{
        const char *servers = getenv("DEBUGINFOD_URLS"), *slash = file ? strrchr(file, '/') : NULL;
        const unsigned char *bits;
        GElf_Addr address;
        int count = dwfl_module_build_id(module, &bits, &address), fd, directory;

        if ((servers && *servers) || count <= 0 || !slash)
                return dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, link_crc, ret_file);
        fd = dwfl_build_id_find_debuginfo(module, userdata, name, base, file, link, link_crc, ret_file);
        if (fd >= 0 || !link)
                return fd;
        directory = (int)(slash - file);
        fd = open_if(xasprintf("%.*s/%s", directory, file, link), bits, count, ret_file);
        if (fd < 0)
                fd = open_if(xasprintf("%.*s/.debug/%s", directory, file, link), bits, count, ret_file);
        if (fd < 0)
                fd = open_if(xasprintf("/usr/lib/debug%.*s/%s", directory, file, link), bits, count, ret_file);
        return fd;
}

int separate_find(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, const char *file,
                  const char *link, GElf_Word link_crc, char **ret_file)
{
        int fd = find(module, userdata, name, base, file, link, link_crc, ret_file);
        int *also = *userdata;

        if (fd >= 0 && also && *also < 0)
                *also = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        return fd;
}
