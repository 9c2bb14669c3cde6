/* The raw file of a run (--raw): made as soon as its name is known, and written beside the profile. */
#ifndef ANALYZER_COMMANDS_RAW_FILE_H
#define ANALYZER_COMMANDS_RAW_FILE_H

#include "analyzer/input/raw.h"
#include "analyzer/model/model.h"

struct raw_file;

/* The name is that of the model's main process, and what is in the model stays there. `waiting` as in raw_writer.h. */
struct raw_file *raw_file_open(const char *pattern, bool overwrite, const struct model *model,
                               void (*waiting)(void *context), void *context);

/* These do nothing if the file is NULL. A frame comes here when the model has it already. */
void raw_file_frame(struct raw_file *file, const uint8_t *frame, size_t bytes, bool salvaged);
void raw_file_note(struct raw_file *file, const struct raw_note *note);
void raw_file_tick(struct raw_file *file);

/* Ends it, and says if it is not whole. */
void raw_file_close(struct raw_file *file);

#endif
