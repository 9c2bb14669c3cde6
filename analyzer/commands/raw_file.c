/* The name may hold the pid, which the first frame of the program tells; until then the writer keeps what comes. */
#include "analyzer/commands/raw_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/commands/profile_name.h"
#include "analyzer/diag.h"
#include "analyzer/input/raw_writer.h"
#include "analyzer/xalloc.h"

struct raw_file {
        struct raw_writer *writer;
        const char *pattern;
        char *path; /* NULL: not made yet */
        bool overwrite;
        const struct model *model;
        void (*waiting)(void *context);
        void *context;
};

/* Another file takes the place of one that exists, for that may be read just now, by us too; a device is opened. */
static int file_make(const char *path, bool overwrite)
{
        struct stat facts;
        bool there = lstat(path, &facts) == 0;

        if (there && overwrite && !S_ISREG(facts.st_mode))
                return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (there && overwrite && unlink(path) != 0)
                return -1;
        return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static void file_begin(struct raw_file *file)
{
        struct process *main = model_main(file->model);
        struct process nobody = {0};
        int fd = -1;

        file->path = profile_name_expand_of("raw", file->pattern, main ? main : &nobody);
        if (file->path)
                fd = file_make(file->path, file->overwrite);
        raw_writer_start(file->writer, fd, fd < 0 ? errno : 0);
}

static void wait_on(void *context)
{
        struct raw_file *file = context;

        if (!file->path)
                file_begin(file);
        file->waiting(file->context);
}

struct raw_file *raw_file_open(const char *pattern, bool overwrite, const struct model *model,
                               void (*waiting)(void *context), void *context)
{
        struct raw_file *file = xcalloc(1, sizeof *file);

        *file = (struct raw_file){NULL, pattern, NULL, overwrite, model, waiting, context};
        file->writer = raw_writer_open(wait_on, file);
        if (!file->writer)
                diag_die("the raw file %s cannot be written: %s; try without --raw", pattern, strerror(errno));
        return file;
}

void raw_file_frame(struct raw_file *file, const uint8_t *frame, size_t bytes, bool salvaged)
{
        const struct process *main;

        if (!file)
                return;
        if (!file->path && (main = model_main(file->model)) && main->told)
                file_begin(file);
        if (salvaged)
                raw_writer_note(file->writer, &(struct raw_note){.kind = RAW_SALVAGED});
        raw_writer_frame(file->writer, frame, bytes);
}

void raw_file_note(struct raw_file *file, const struct raw_note *note)
{
        if (file)
                raw_writer_note(file->writer, note);
}

void raw_file_tick(struct raw_file *file)
{
        if (file && file->path)
                raw_writer_tick(file->writer);
}

void raw_file_close(struct raw_file *file)
{
        bool empty = file && !file->model->processes;
        int trouble;

        if (!file)
                return;
        if (empty && !file->path)
                raw_writer_start(file->writer, -1, ENODATA);
        else if (!file->path)
                file_begin(file);
        trouble = raw_writer_close(file->writer);
        if (trouble && !empty)
                diag_warn("the raw file %s is not whole: %s; the profile is, and was not affected",
                          file->path ? file->path : file->pattern, strerror(trouble));
        free(file->path);
        free(file);
}
