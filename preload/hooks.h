/* Functions that a program defines for LeakSanitizer to call: __lsan_default_suppressions and __lsan_is_turned_off. */
#ifndef PRELOAD_HOOKS_H
#define PRELOAD_HOOKS_H

#include <stdbool.h>

/* In the constructor. `exe` names the program's file: such functions are rarely exported, since nothing of the
 * program's own refers to them, so its symbol table is looked at as well. */
void hooks_find(const char *exe);

/* These call the program's code, so nothing of ours may be held. */
const char *hooks_suppressions(void); /* the text, the program's; NULL: it has none to say */
bool hooks_turned_off(void);

#endif
