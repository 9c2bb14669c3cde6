/* The analyzer's end of the memory shared with the traced processes (wire/session.h): shows them that it reads, and
 * takes what processes left unsent when they died. */
#ifndef INPUT_SESSION_H
#define INPUT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session {
        void *base;
        char *path;
        uint64_t inode;           /* of the file */
        uint64_t *suspect;        /* for each slot: its owner, if that seemed dead when last looked at */
        uint64_t suspect_measure; /* the state of the place for measuring when last looked at */
        int64_t clock_ms;         /* when the clock was moved on; 0: it stands */
        uint32_t clock;
};

bool session_create(struct session *session, const char *pipe_path); /* false: errno says why */
void session_beat(struct session *session);

/* The clock that traced processes can look at with each event: the reader moves it on in passing, which costs no
 * wake-up that it would not have had; so it goes only while frames come in one after the other. */
void session_clock_go(struct session *session, int64_t now_ms);
void session_clock_stop(struct session *session); /* before the reader may sleep for long */
bool session_clock_goes(const struct session *session);

/* Tells a process that waits for it what of its memory is resident, if there is one. Cheap to ask. */
void session_answer(struct session *session);

enum session_owners {
        SESSION_NONE,     /* no slot belongs to a process that still runs */
        SESSION_EXECUTED, /* some process still runs, but has executed another program, which may connect yet */
        SESSION_SOME,     /* some process runs and has its slot mapped */
};
enum session_owners session_owners(const struct session *session);
void session_close(struct session *session); /* tells the processes that nobody reads any more */

typedef void session_frame_taker(void *context, const uint8_t *frame, size_t bytes);

/* Frames that processes have begun in memory of their own, as all slots were taken. In the end: those that are lost. */
uint64_t session_unshared(const struct session *session);

/* Frames that were handed over because they could not go through the pipe. Those of one thread stay in their order if
 * the pipe is emptied after session_handed has told the latest ticket, and they are collected up to that one then. */
uint64_t session_handed(const struct session *session);
void session_collect(struct session *session, uint64_t ticket_max, session_frame_taker *take, void *context);

/* What processes have not sent yet, and will. */
void session_peek(struct session *session, session_frame_taker *take, void *context);

/* Takes the frames of processes that are gone, or (`all`) of every process. A frame may have come through the pipe
 * before. The slots of the dead are free afterwards. A slot whose owner has just claimed it still shows the pid of
 * the one before, so a process counts as gone only when two calls in a row have seen it so; `all` asks once. */
void session_salvage(struct session *session, bool all, session_frame_taker *take, void *context);

/* False: the process is gone, or waits to be buried, or its pid was given to another. start: as in
 * /proc/PID/stat, field 22; 0: not known. */
bool session_process_lives(uint32_t pid, uint64_t start);

#endif
