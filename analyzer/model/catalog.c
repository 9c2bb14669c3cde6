/* Files, places and stacks are found again by what they are; definitions by where they stand. */
#include "analyzer/model/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/model/resolve.h"
#include "analyzer/model/sampled.h"
#include "analyzer/xalloc.h"

enum { DEPTH_MAX = 65536 };

/* One hash table entry: key bytes to index. */
struct entry {
        uint32_t index;
        UT_hash_handle hh;
        uint8_t key[];
};

/* What has become of the pcs and pieces of one process: indices plus 1, 0 for what nobody has asked for yet. */
struct made {
        const struct process *process;
        uint32_t *place;
        uint32_t *stack;
        UT_hash_handle hh;
};
static const uint32_t MAKING = UINT32_MAX; /* of a stack */

/* A piece of a stack on the way outward. */
struct step {
        struct made *made;
        uint32_t piece;
};

struct catalog_index {
        struct entry *files, *modules, *places;
        struct made *made;
        struct index stacks;
        struct step *step;
        size_t step_room;
        uint32_t *frame; /* of the stack that is being made */
        size_t frame_room;
};

/* The entry of that key; a new one (ret_new) gets `index`. */
static uint32_t intern(struct entry **table, const void *key, size_t key_bytes, size_t index, bool *ret_new)
{
        struct entry *entry;

        HASH_FIND(hh, *table, key, key_bytes, entry);
        *ret_new = !entry;
        if (!entry) {
                entry = xmalloc(sizeof *entry + key_bytes);
                entry->index = (uint32_t)index;
                if (key_bytes)
                        memcpy(entry->key, key, key_bytes);
                HASH_ADD_KEYPTR(hh, *table, entry->key, key_bytes, entry);
        }
        return entry->index;
}

static void intern_free(struct entry **table)
{
        struct entry *entry, *next;

        HASH_ITER(hh, *table, entry, next) {
                HASH_DEL(*table, entry);
                free(entry);
        }
}

static uint32_t add_file(struct catalog *catalog, const struct resolved *frame)
{
        const struct module *module = frame->module;
        char *name = xasprintf("%s\n%s", module->path, module->build_id);
        bool new;
        uint32_t file = intern(&catalog->index->files, name, strlen(name), catalog->file_count, &new);

        free(name);
        if (new) {
                catalog->file = xgrow(catalog->file, catalog->file_count, &catalog->file_room, sizeof *catalog->file);
                catalog->file[catalog->file_count++] = (struct catalog_file){module, frame->process};
        }
        return file;
}

/* By its pointer first: most frames lie in few modules, and the name is long. */
static int find_file(struct catalog *catalog, const struct resolved *frame)
{
        struct entry *entry;
        bool new;

        if (!frame->module)
                return CATALOG_NO_FILE;
        HASH_FIND(hh, catalog->index->modules, &frame->module, sizeof frame->module, entry);
        if (entry)
                return (int)entry->index;
        return (int)intern(&catalog->index->modules, &frame->module, sizeof frame->module, add_file(catalog, frame),
                           &new);
}

static uint32_t find_place(struct catalog *catalog, const struct resolved *frame)
{
        struct {
                int64_t file;
                uint64_t offset;
        } key = {find_file(catalog, frame), frame->pc - (frame->module ? frame->module->bias : 0)};
        bool new;
        uint32_t place = intern(&catalog->index->places, &key, sizeof key, catalog->place_count, &new);

        if (new) {
                catalog->place =
                        xgrow(catalog->place, catalog->place_count, &catalog->place_room, sizeof *catalog->place);
                catalog->place[catalog->place_count++] = (struct catalog_place){(int)key.file, frame->pc, key.offset};
        }
        return place;
}

static bool is_own(const struct catalog *catalog, uint32_t place)
{
        static const char own[] = "libheaptap.so";
        int file = catalog->place[place].file;

        if (file == CATALOG_NO_FILE)
                return false;
        const char *path = catalog->file[file].module->path, *slash = strrchr(path, '/');

        return strncmp(slash ? slash + 1 : path, own, sizeof own - 1) == 0;
}

/* Frame by frame; where both go on in the same stack, the rest is the same. */
static bool stacks_equal(const struct catalog *catalog, uint32_t one, uint32_t two)
{
        const struct catalog_stack *stack = catalog->stack;
        uint32_t at_one = 0, at_two = 0;

        for (;; at_one++, at_two++) {
                for (; one != CATALOG_NO_STACK && at_one == stack[one].frame_count; at_one = 0)
                        one = stack[one].outer;
                for (; two != CATALOG_NO_STACK && at_two == stack[two].frame_count; at_two = 0)
                        two = stack[two].outer;
                if (one == two && at_one == at_two)
                        return true;
                if (one == CATALOG_NO_STACK || two == CATALOG_NO_STACK ||
                    catalog->frame[stack[one].frame + at_one] != catalog->frame[stack[two].frame + at_two])
                        return false;
        }
}

static uint64_t hash_frames(uint64_t hash, const uint32_t *frame, uint32_t count)
{
        while (count-- > 0)
                hash = index_mix(hash, frame[count] + UINT64_C(1));
        return hash;
}

/* The stack of these frames, which goes on in `outer` (or CATALOG_NO_STACK). */
static uint32_t find_stack(struct catalog *catalog, uint32_t outer, const uint32_t *frame, uint32_t count,
                           uint32_t flags)
{
        const struct catalog_stack *rest = outer == CATALOG_NO_STACK ? NULL : &catalog->stack[outer];
        struct catalog_stack stack = {
                .hash = hash_frames(rest ? rest->hash : 0, frame, count),
                .outer = outer,
                .frame = (uint32_t)catalog->frame_count,
                .frame_count = count,
                .depth = (rest ? rest->depth : 0) + count,
                .flags = flags,
        };
        struct index_probe probe = {index_hash(index_mix(stack.hash, flags)), 0};
        uint32_t added = (uint32_t)catalog->stack_count, known;

        /* It is added first, so that it can be compared, and taken back if it was known. */
        catalog->stack = xgrow(catalog->stack, catalog->stack_count, &catalog->stack_room, sizeof *catalog->stack);
        catalog->stack[catalog->stack_count++] = stack;
        for (uint32_t i = 0; i < count; i++) {
                catalog->frame =
                        xgrow(catalog->frame, catalog->frame_count, &catalog->frame_room, sizeof *catalog->frame);
                catalog->frame[catalog->frame_count++] = frame[i];
        }
        while ((known = index_next(&catalog->index->stacks, &probe)) != INDEX_NONE) {
                const struct catalog_stack *other = &catalog->stack[known];

                if (other->hash == stack.hash && other->flags == flags && other->depth == stack.depth &&
                    stacks_equal(catalog, added, known)) {
                        catalog->stack_count--;
                        catalog->frame_count -= count;
                        return known;
                }
        }
        index_add(&catalog->index->stacks, probe.hash, added);
        return added;
}

static struct made *made_of(struct catalog *catalog, const struct process *process)
{
        struct made *made;

        HASH_FIND_PTR(catalog->index->made, &process, made);
        if (!made) {
                made = xcalloc(1, sizeof *made);
                made->process = process;
                made->place = xcalloc(process->stacks.pc_count, sizeof *made->place);
                made->stack = xcalloc(process->stacks.piece_count, sizeof *made->stack);
                HASH_ADD_PTR(catalog->index->made, process, made);
        }
        return made;
}

static uint32_t place_of_pc(struct catalog *catalog, const struct model *model, struct made *made, uint32_t pc)
{
        if (!made->place[pc]) {
                struct resolved frame = resolve_pc(model, made->process, made->process->stacks.pc[pc]);

                made->place[pc] = find_place(catalog, &frame) + 1;
        }
        return made->place[pc] - 1;
}

static uint32_t stack_of_piece(struct catalog *catalog, const struct model *model, struct step step, uint32_t outer)
{
        struct catalog_index *index = catalog->index;
        const struct stacks *stacks = &step.made->process->stacks;
        const struct stack_piece *piece = &stacks->piece[step.piece];
        uint32_t flags = piece->flags & (WIRE_STACK_TRUNCATED | WIRE_STACK_BROKEN);

        if (outer != CATALOG_NO_STACK)
                flags |= catalog->stack[outer].flags;
        if (outer != CATALOG_NO_STACK && catalog->stack[outer].depth > DEPTH_MAX)
                return outer; /* of a damaged stream */
        for (uint32_t i = 0; i < piece->frame_count; i++) {
                index->frame = xgrow(index->frame, i, &index->frame_room, sizeof *index->frame);
                index->frame[i] = place_of_pc(catalog, model, step.made, stacks->frame[piece->frame + i]);
        }
        return find_stack(catalog, outer, index->frame, piece->frame_count, flags);
}

/* Outward to the end, or to what was made before; then back inward. */
static uint32_t stack_of_id(struct catalog *catalog, const struct model *model, const struct process *process,
                            uint32_t id)
{
        struct catalog_index *index = catalog->index;
        uint32_t stack = CATALOG_NO_STACK, piece;
        size_t steps = 0;

        do {
                struct made *made;

                process = id ? resolve_stack(model, process, id, &piece) : NULL;
                made = process ? made_of(catalog, process) : NULL;
                if (!made || made->stack[piece] == MAKING) { /* not defined, or in terms of itself */
                        stack = find_stack(catalog, CATALOG_NO_STACK, NULL, 0, CATALOG_UNDEFINED);
                        break;
                }
                if (made->stack[piece]) {
                        stack = made->stack[piece] - 1;
                        break;
                }
                made->stack[piece] = MAKING;
                index->step = xgrow(index->step, steps, &index->step_room, sizeof *index->step);
                index->step[steps++] = (struct step){made, piece};
                id = process->stacks.piece[piece].ancestor;
        } while (id);
        while (steps-- > 0) {
                stack = stack_of_piece(catalog, model, index->step[steps], stack);
                index->step[steps].made->stack[index->step[steps].piece] = stack + 1;
        }
        return stack;
}

/* Frames of ours at the inner end go. */
static uint32_t without_own(struct catalog *catalog, uint32_t stack)
{
        struct catalog_index *index = catalog->index;
        uint32_t flags = catalog->stack[stack].flags, at, own = 0, count = 0;

        for (at = stack; at != CATALOG_NO_STACK; at = catalog->stack[at].outer) {
                const struct catalog_stack *part = &catalog->stack[at];

                for (own = 0; own < part->frame_count && is_own(catalog, catalog->frame[part->frame + own]);)
                        own++;
                if (own < part->frame_count)
                        break;
        }
        if (at == stack && own == 0)
                return stack;
        if (at == CATALOG_NO_STACK)
                return find_stack(catalog, CATALOG_NO_STACK, NULL, 0, flags);
        for (uint32_t i = own; i < catalog->stack[at].frame_count; i++) {
                index->frame = xgrow(index->frame, count, &index->frame_room, sizeof *index->frame);
                index->frame[count++] = catalog->frame[catalog->stack[at].frame + i];
        }
        return find_stack(catalog, catalog->stack[at].outer, index->frame, count, flags);
}

static uint32_t stack_shown(struct catalog *catalog, const struct model *model, const struct process *process,
                            uint32_t id)
{
        return without_own(catalog, stack_of_id(catalog, model, process, id));
}

static uint32_t stack_in_use(struct catalog *catalog, const struct model *model, const struct process *process,
                             uint32_t id)
{
        uint32_t stack = stack_shown(catalog, model, process, id);

        catalog->undefined += catalog->stack[stack].flags & CATALOG_UNDEFINED ? 1 : 0;
        return stack;
}

static bool site_counts(const struct site *site)
{
        return site_allocations(site) || site_frees(site) || site_count(site, SITE_RESIZES) || site->requested ||
               site_freed(site);
}

static void add_sites(struct catalog *catalog, const struct model *model, struct process *process)
{
        for (size_t i = 0; i < process->sites.count; i++) {
                struct site *site = process->sites.site[i];

                if (!site_counts(site))
                        continue; /* known from the walk alone */
                catalog->site = xgrow(catalog->site, catalog->site_count, &catalog->site_room, sizeof *catalog->site);
                catalog->site[catalog->site_count++] =
                        (struct catalog_site){process, site, stack_in_use(catalog, model, process, site->stack)};
        }
}

/* Those of one process whose stacks turned out to be one; they stand in the order of processes. */
static void merge_sites(struct catalog *catalog)
{
        size_t *latest = xcalloc(catalog->stack_count, sizeof *latest); /* of each stack, plus 1; 0: none */
        size_t kept = 0;

        for (size_t i = 0; i < catalog->site_count; i++) {
                struct catalog_site *row = &catalog->site[i];
                size_t *known = &latest[row->stack];

                if (*known && catalog->site[*known - 1].process == row->process) {
                        site_merge(catalog->site[*known - 1].site, row->site);
                        sampled_merge(row->process, catalog->site[*known - 1].site, row->site);
                        continue;
                }
                catalog->site[kept++] = *row;
                *known = kept;
        }
        catalog->site_count = kept;
        free(latest);
}

static uint32_t find_stack_if(struct catalog *catalog, const struct model *model, const struct process *process,
                              uint32_t id)
{
        return id ? stack_in_use(catalog, model, process, id) : CATALOG_NO_STACK;
}

static void add_errors(struct catalog *catalog, const struct model *model, struct process *process)
{
        struct entry *by_key = NULL;

        for (struct error *error = process->errors; error; error = error->hh.next) {
                struct catalog_error row = {
                        .process = process,
                        .error = error,
                        .stack = find_stack_if(catalog, model, process, error->key.stack),
                        .alloc_stack = find_stack_if(catalog, model, process, error->key.alloc_stack),
                        .free_stack = find_stack_if(catalog, model, process, error->key.free_stack),
                };
                const struct error_key key = {error->key.kind, error->key.call, row.stack, row.alloc_stack,
                                              row.free_stack};
                bool new;
                uint32_t at = intern(&by_key, &key, sizeof key, catalog->error_count, &new);

                if (!new) {
                        catalog->error[at].error->count += error->count;
                        continue;
                }
                catalog->error =
                        xgrow(catalog->error, catalog->error_count, &catalog->error_room, sizeof *catalog->error);
                catalog->error[catalog->error_count++] = row;
        }
        intern_free(&by_key);
}

static void add_guarded(struct catalog *catalog, const struct model *model, const struct process *process)
{
        for (size_t slot = 0; process->guarded && slot < WIRE_GUARDED_SLOTS_MAX; slot++) {
                const struct wire_guarded *guarded = &process->guarded[slot].latest;
                struct catalog_guarded row = {.process = process, .guarded = guarded};

                if (!process->guarded[slot].told)
                        continue;
                row.alloc_stack = find_stack_if(catalog, model, process, guarded->alloc_stack);
                row.free_stack = find_stack_if(catalog, model, process, guarded->free_stack);
                catalog->guarded = xgrow(catalog->guarded, catalog->guarded_count, &catalog->guarded_room,
                                         sizeof *catalog->guarded);
                catalog->guarded[catalog->guarded_count++] = row;
        }
}

static struct leak_trend *trend_of(struct process *process, const struct leak *leak)
{
        struct leak_trend *trend;

        HASH_FIND(hh, process->leaks.trends, &leak->key, sizeof leak->key, trend);
        return trend;
}

/* Rows whose stacks turned out to be one are one. Their sites have counted stacks that are not defined. */
static void add_leaks(struct catalog *catalog, const struct model *model, struct process *process)
{
        struct entry *by_key = NULL;

        for (struct leak *leak = process->leaks.last.rows; leak; leak = leak->hh.next) {
                struct catalog_leak row = {
                        .process = process,
                        .leak = *leak,
                        .trend = trend_of(process, leak),
                        .stack = stack_shown(catalog, model, process, leak->key.stack),
                        .root = leak->key.root ? stack_shown(catalog, model, process, leak->key.root)
                                               : CATALOG_NO_STACK,
                };
                const struct leak_key key = {leak->key.class, row.stack, row.root};
                bool new;
                uint32_t at = intern(&by_key, &key, sizeof key, catalog->leak_count, &new);

                if (!new) {
                        struct catalog_leak *known = &catalog->leak[at];

                        leak_merge(&known->leak, leak);
                        if (known->trend && row.trend)
                                leak_trend_merge(trend_of(process, &known->leak), row.trend);
                        continue;
                }
                catalog->leak = xgrow(catalog->leak, catalog->leak_count, &catalog->leak_room, sizeof *catalog->leak);
                catalog->leak[catalog->leak_count++] = row;
        }
        intern_free(&by_key);
}

static void add_chains(struct catalog *catalog, const struct model *model, struct process *process)
{
        const struct leak_scan *scan = &process->leaks.last;

        for (size_t i = 0; i < scan->chain_count; i++) {
                const struct wire_leak_chain *chain = &scan->chain[i];
                struct catalog_chain row = {.process = process, .chain = chain};

                row.stack = stack_shown(catalog, model, process, chain->stack);
                for (uint32_t at = 0; at < chain->count; at++) {
                        const struct wire_link *link = &chain->link[at];

                        row.link_stack[at] = link->kind == WIRE_LINK_BLOCK && link->stack
                                                     ? stack_shown(catalog, model, process, link->stack)
                                                     : CATALOG_NO_STACK;
                }
                catalog->chain =
                        xgrow(catalog->chain, catalog->chain_count, &catalog->chain_room, sizeof *catalog->chain);
                catalog->chain[catalog->chain_count++] = row;
        }
}

static void free_index(struct catalog_index *index)
{
        struct made *made, *next;

        intern_free(&index->files);
        intern_free(&index->modules);
        intern_free(&index->places);
        HASH_ITER(hh, index->made, made, next) {
                HASH_DEL(index->made, made);
                free(made->place);
                free(made->stack);
                free(made);
        }
        index_free(&index->stacks);
        free(index->step);
        free(index->frame);
        free(index);
}

struct catalog *catalog_create(struct model *model)
{
        struct catalog *catalog = xcalloc(1, sizeof *catalog);

        catalog->index = xcalloc(1, sizeof *catalog->index);
        for (struct process *process = model->processes; process; process = process->hh.next)
                add_sites(catalog, model, process);
        merge_sites(catalog);
        for (struct process *process = model->processes; process; process = process->hh.next)
                add_errors(catalog, model, process);
        for (const struct process *process = model->processes; process; process = process->hh.next)
                add_guarded(catalog, model, process);
        for (struct process *process = model->processes; process; process = process->hh.next) {
                add_leaks(catalog, model, process);
                add_chains(catalog, model, process);
        }
        free_index(catalog->index);
        catalog->index = NULL;
        for (struct process *process = model->processes; process; process = process->hh.next)
                stacks_free(&process->stacks);
        return catalog;
}

void catalog_free(struct catalog *catalog)
{
        free(catalog->frame);
        free(catalog->stack);
        free(catalog->file);
        free(catalog->place);
        free(catalog->site);
        free(catalog->error);
        free(catalog->guarded);
        free(catalog->leak);
        free(catalog->chain);
        free(catalog);
}
