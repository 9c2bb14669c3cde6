/* Writes a raw file while the run goes on. Compressing and writing is the work of a thread, so that whoever reads the
 * pipe only copies; he waits when the disk is slower than the stream. */
#ifndef INPUT_RAW_WRITER_H
#define INPUT_RAW_WRITER_H

#include "analyzer/input/raw.h"

struct raw_writer;

/* While the writer waits for the disk, or for raw_writer_start, `waiting` is called again and again. NULL: errno says
 * why. */
struct raw_writer *raw_writer_open(void (*waiting)(void *context), void *context);

/* Says where to write, whenever that is known. The descriptor is the writer's from now on; -1: nothing will be written,
 * because of the errno `trouble`. */
void raw_writer_start(struct raw_writer *writer, int fd, int trouble);

void raw_writer_frame(struct raw_writer *writer, const uint8_t *frame, size_t bytes);
void raw_writer_note(struct raw_writer *writer, const struct raw_note *note);

/* Writes what has been gathered for some seconds, so that a reader that is killed has lost no more. */
void raw_writer_tick(struct raw_writer *writer);

/* After raw_writer_start: writes the rest. Returns 0, or the errno of the first trouble, after which nothing was
 * written; the file ends with a whole part then. */
int raw_writer_close(struct raw_writer *writer);

#endif
