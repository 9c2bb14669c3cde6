/* Chains in a damaged stream may be cycles; every walk here is bounded. */
#include "analyzer/model/resolve.h"

enum { FORKS_MAX = 4096 };

static const struct process *parent_of(const struct model *model, const struct process *process)
{
        return process->told && process->parent ? model_process(model, process->parent) : NULL;
}

static const struct stack_piece *find_piece(const struct model *model, const struct process **process, uint32_t id)
{
        const struct process *at = *process;

        for (unsigned forks = 0; at && forks < FORKS_MAX; forks++, at = parent_of(model, at)) {
                const struct stack_piece *piece = stacks_find(&at->stacks, id);

                if (piece) {
                        *process = at;
                        return piece;
                }
        }
        return NULL;
}

static struct resolved resolve_pc(const struct model *model, const struct process *process, struct wire_pc pc)
{
        for (unsigned forks = 0; process && forks < FORKS_MAX; forks++, process = parent_of(model, process)) {
                const struct module *module = modules_find(&process->modules, pc);

                if (module)
                        return (struct resolved){module, process, pc.pc};
        }
        return (struct resolved){NULL, NULL, pc.pc};
}

size_t resolve_stack(const struct model *model, const struct process *process, uint32_t id, struct resolved *frames,
                     uint32_t *ret_flags, bool *ret_defined)
{
        size_t count = 0;
        uint32_t flags = 0;

        for (size_t pieces = 0; id && pieces < RESOLVE_FRAMES_MAX; pieces++) {
                const struct stack_piece *piece = find_piece(model, &process, id);

                if (!piece)
                        break;
                for (size_t i = 0; i < piece->frame_count && count < RESOLVE_FRAMES_MAX; i++)
                        frames[count++] = resolve_pc(model, process, piece->frame[i]);
                flags |= piece->flags & (WIRE_STACK_TRUNCATED | WIRE_STACK_BROKEN);
                id = piece->ancestor;
                if (id == 0) {
                        *ret_flags = flags;
                        *ret_defined = true;
                        return count;
                }
        }
        *ret_flags = flags;
        *ret_defined = false;
        return count;
}
