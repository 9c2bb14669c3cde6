/* Where the frames come from: a FIFO that traced processes write to, with the memory they share with us beside it, a
 * file with the same bytes, or a raw file. */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/input/ending.h"
#include "analyzer/input/raw_reader.h"

struct session_snapshot; /* wire/session.h */
struct source;

/* What the source calls while it reads. */
struct source_calls {
        void (*frame)(void *context, const uint8_t *frame, size_t bytes, bool salvaged);
        void (*tick)(void *context); /* about ten times a second, between frames; not for a file */
        void (*note)(void *context, const struct raw_note *note);     /* of a raw file, but RAW_SALVAGED */
        void (*progress)(void *context, uint64_t done, uint64_t all); /* of a file: bytes; often */
        void *context;
};

enum source_end {
        SOURCE_ENDED,   /* no process writes any more */
        SOURCE_STOPPED, /* *stop was set */
        SOURCE_FAILED,  /* errno says why */
};

struct source *source_open(const char *path); /* NULL: errno says why. Processes may connect from now on. */
bool source_is_file(const struct source *source);

/* Reads to the end. If the main program ends before any process has connected, that is the end too. */
enum source_end source_read(struct source *source, const struct source_calls *calls, struct ending *ending,
                            const volatile sig_atomic_t *stop);
uint64_t source_unshared(const struct source *source); /* frames that ended with their processes, unseen */
/* What `heaptap snapshot` asks for; NULL: nobody can ask, this is a file. */
struct session_snapshot *source_snapshot(struct source *source);
/* The frames that are being built now; of a FIFO. They will come again when they are whole. */
void source_peek(struct source *source, void (*take)(void *context, const uint8_t *frame, size_t bytes), void *context);
void source_beat(struct source *source); /* shows the processes that we live, if the frames take long */
bool source_is_raw(const struct source *source);
void source_raw_damage(const struct source *source, struct raw_damage *ret); /* of any but a raw file: none */
uint64_t source_damages(const struct source *source);
unsigned source_version_other(const struct source *source); /* frames of that format version came; 0: none */
void source_close(struct source *source);

#endif
