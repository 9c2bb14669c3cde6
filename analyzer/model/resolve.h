/* From a stack id to its frames, across definitions and up to the parents a process was forked from. */
#ifndef MODEL_RESOLVE_H
#define MODEL_RESOLVE_H

#include "analyzer/model/model.h"

enum { RESOLVE_FRAMES_MAX = 65536 };

struct resolved {
        const struct module *module;   /* NULL: in none */
        const struct process *process; /* that has the module */
        uint64_t pc;
};

/* Writes at most RESOLVE_FRAMES_MAX frames, innermost first, and returns how many. ret_flags: WIRE_STACK_* of the
 * pieces. ret_defined: no piece was missing. */
size_t resolve_stack(const struct model *model, const struct process *process, uint32_t id, struct resolved *frames,
                     uint32_t *ret_flags, bool *ret_defined);

#endif
