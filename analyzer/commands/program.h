/* PROGRAM before it is started: where it is, what will really be executed, and whether it can be traced. */
#ifndef ANALYZER_COMMANDS_PROGRAM_H
#define ANALYZER_COMMANDS_PROGRAM_H

struct program {
        const char *name; /* the file name of what the user named: for messages and %e */
        char *path;       /* to execute */
        char **argv;
};

enum {
        PROGRAM_UNFIT = 125, /* it could run, but not be traced */
        PROGRAM_NOT_EXECUTABLE = 126,
        PROGRAM_NOT_FOUND = 127,
};

/* Returns 0, or one of the above after printing why. */
int program_find(char **argv, struct program *ret_program);

#endif
