/* Read whole, and looked at before anything depends on it. */
#include "analyzer/commands/suppress_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/diag.h"
#include "analyzer/findings/suppress.h"
#include "analyzer/xalloc.h"

enum { FILE_BYTES_MAX = 16 << 20 };

static char *fail(FILE *file, const char *path, const char *trouble)
{
        diag_warn("%s: the suppressions cannot be read: %s; name a text file with lines leak:PATTERN", path, trouble);
        if (file)
                fclose(file);
        return NULL;
}

/* It may be a pipe, whose size nobody knows. */
static char *read_whole(const char *path)
{
        FILE *file = fopen(path, "re");
        char *text = NULL;
        size_t count = 0, room = 0, got;

        if (!file)
                return fail(file, path, strerror(errno));
        do {
                text = xrealloc(text, (room += 65536) + 1);
                count += got = fread(text + count, 1, room - count, file);
        } while (got && count < FILE_BYTES_MAX);
        text[count] = '\0';
        if (ferror(file) || count >= FILE_BYTES_MAX || strlen(text) != count) {
                free(text);
                return fail(file, path, ferror(file) ? strerror(errno) : "it is no text");
        }
        fclose(file);
        return text;
}

char *suppress_file_read(const char *path)
{
        struct suppressions suppressions = {0};
        struct suppress_trouble trouble;
        char *text = read_whole(path);

        if (text && !suppress_parse(&suppressions, path, text, &trouble)) {
                diag_warn("%s:%zu: %s", path, trouble.line, trouble.what);
                free(text);
                text = NULL;
        }
        suppress_free(&suppressions);
        return text;
}

bool suppress_files_check(const struct option_texts *files)
{
        for (size_t i = 0; i < files->count; i++) {
                char *text = suppress_file_read(files->text[i]);

                if (!text)
                        return false;
                free(text);
        }
        return true;
}
