/* What no frame says: what the reader of a run alone can see, and what a raw file keeps of that. Both ways it goes
 * through here, so that a raw file gives the profile that the run gave. */
#ifndef ANALYZER_COMMANDS_NOTES_H
#define ANALYZER_COMMANDS_NOTES_H

#include "analyzer/input/raw.h"
#include "analyzer/model/model.h"
#include "analyzer/store/store.h"

struct notes {
        struct store_facts facts; /* as far as notes tell them */
        char host[8 * RAW_NOTE_VALUES + 1];
        uint64_t realtime_ns, monotonic_ns; /* of one moment; 0: not known */
        bool exited;
        uint64_t exited_rss_bytes, exited_user_us, exited_system_us;
};

void notes_take(struct notes *notes, struct model *model, const struct raw_note *note);

/* When all has been taken: what notes say of the main process as a whole. */
void notes_finish(struct notes *notes, struct model *model);

struct raw_note note_of_clocks(void);
struct raw_note note_of_machine(void);
struct raw_note note_of_host(void);

/* Of a process that is told and has not ended. */
struct raw_note note_of_resident(const struct process *process);

#endif
