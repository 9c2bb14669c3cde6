/* Parents in a damaged stream may be cycles; every walk here is bounded. */
#include "analyzer/model/resolve.h"

enum { FORKS_MAX = 4096 };

static const struct process *parent_of(const struct model *model, const struct process *process)
{
        return process->told && process->parent ? model_process(model, process->parent) : NULL;
}

const struct process *resolve_stack(const struct model *model, const struct process *process, uint32_t id,
                                    uint32_t *ret_piece)
{
        for (unsigned forks = 0; process && forks < FORKS_MAX; forks++, process = parent_of(model, process)) {
                uint32_t piece = stacks_find(&process->stacks, id);

                if (piece != INDEX_NONE) {
                        *ret_piece = piece;
                        return process;
                }
        }
        return NULL;
}

struct resolved resolve_pc(const struct model *model, const struct process *process, struct wire_pc pc)
{
        for (unsigned forks = 0; process && forks < FORKS_MAX; forks++, process = parent_of(model, process)) {
                const struct module *module = modules_find(&process->modules, pc);

                if (module)
                        return (struct resolved){module, process, pc.pc};
        }
        return (struct resolved){NULL, NULL, pc.pc};
}
