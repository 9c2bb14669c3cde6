/* Definitions of stacks and modules, up to the parents that a process was forked from. */
#ifndef MODEL_RESOLVE_H
#define MODEL_RESOLVE_H

#include "analyzer/model/model.h"

struct resolved {
        const struct module *module;   /* NULL: in none */
        const struct process *process; /* that has the module */
        uint64_t pc;
};

/* The process that defines the stack for `process`: itself, or the nearest parent that does. NULL: none. */
const struct process *resolve_stack(const struct model *model, const struct process *process, uint32_t id,
                                    uint32_t *ret_piece);
struct resolved resolve_pc(const struct model *model, const struct process *process, struct wire_pc pc);

#endif
