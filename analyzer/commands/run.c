/* `run`: everything that can be found wrong is said before PROGRAM starts. */
#include "analyzer/commands/run.h"

#include "analyzer/commands/program.h"
#include "analyzer/commands/run_options.h"
#include "analyzer/commands/suppress_file.h"
#include "analyzer/commands/supervise.h"
#include "analyzer/diag.h"

#include <stdlib.h>

int command_run(int argc, char **argv)
{
        struct run_options options;
        struct program program;
        struct supervised supervised;
        char **program_argv;
        int status;

        switch (run_options_parse(argc, argv, &options, &program_argv)) {
        case RUN_DONE:
                return 0;
        case RUN_USAGE:
                return DIAG_EXIT_USAGE;
        case RUN_PROGRAM:
                break;
        }
        if (!suppress_files_check(&options.suppressions))
                return DIAG_EXIT_USAGE;
        status = program_find(program_argv, &program);
        if (!status)
                status = supervise(&options, &program, &supervised);
        if (status)
                return status;
        free(supervised.profile);
        return supervised_status(&supervised);
}
