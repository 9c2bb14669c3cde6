/* What the kernel holds resident of a process, by mapping and by page. */
#ifndef INPUT_RESIDENT_H
#define INPUT_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Answers what a process asks in the memory it shares with us (struct session_measure at `base`, whose turn is ours).
 * `inode` is that of the shared file: a process that does not map it is another one of the same number. False: the
 * process cannot be looked at, or asks nonsense; nothing but page bits has been written. */
bool resident_answer(uint32_t pid, ino_t inode, void *base);

#endif
