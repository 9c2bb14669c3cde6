/* `heaptap check --baseline`: what another run lost may be lost again. */
#ifndef ANALYZER_COMMANDS_BASELINE_H
#define ANALYZER_COMMANDS_BASELINE_H

#include <stdbool.h>

/* Before the program runs; false: it can be no baseline, which is told. */
bool baseline_check(const char *baseline);

/* 0: no place loses more than it did; 99: one does, which is told; 125: nothing can be said, and why is told. */
int baseline_judge(const char *baseline, const char *profile, const char *program);

#endif
