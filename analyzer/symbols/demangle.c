/* libiberty's demanglers. Rust is tried first: its older names are valid C++ ones too. */
#include "analyzer/symbols/demangle.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <stdbool.h>
#include <string.h>

#include "analyzer/xalloc.h"

enum { RUST_HASH_LENGTH = 16 };

/* "::h" and 16 hex digits tell apart builds of one function, which is no news to a reader. */
static void strip_rust_hash(char *name)
{
        size_t length = strlen(name);
        const char *digits;

        if (length < RUST_HASH_LENGTH + 3)
                return;
        digits = name + length - RUST_HASH_LENGTH;
        if (memcmp(digits - 3, "::h", 3) != 0)
                return;
        for (size_t i = 0; i < RUST_HASH_LENGTH; i++)
                if (!isxdigit((unsigned char)digits[i]))
                        return;
        name[length - RUST_HASH_LENGTH - 3] = '\0';
}

char *demangle(const char *name)
{
        bool mangled = strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0;
        char *readable = mangled ? rust_demangle(name, DMGL_PARAMS | DMGL_ANSI) : NULL;

        if (readable) {
                strip_rust_hash(readable);
                return readable;
        }
        if (mangled)
                readable = cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI);
        return readable ? readable : xstrdup(name);
}
