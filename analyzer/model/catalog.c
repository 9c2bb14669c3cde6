/* Four hash tables, from the bytes of a key to an index. */
#include "analyzer/model/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/model/resolve.h"
#include "analyzer/xalloc.h"

/* One hash table entry: key bytes to index. */
struct entry {
        uint32_t index;
        UT_hash_handle hh;
        uint8_t key[];
};

struct catalog_index {
        struct entry *files, *modules, *places, *stacks;
        struct resolved *frames;
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

static bool is_own(const struct resolved *frame)
{
        static const char own[] = "libheaptap.so";

        if (!frame->module)
                return false;
        const char *slash = strrchr(frame->module->path, '/');

        return strncmp(slash ? slash + 1 : frame->module->path, own, sizeof own - 1) == 0;
}

static uint32_t find_stack(struct catalog *catalog, const struct model *model, const struct process *process,
                           uint32_t id)
{
        struct resolved *frames = catalog->index->frames;
        uint32_t flags;
        bool defined, new;
        size_t count = resolve_stack(model, process, id, frames, &flags, &defined);
        size_t own = 0;

        while (own < count && is_own(&frames[own]))
                own++;
        if (!defined) {
                flags |= CATALOG_UNDEFINED;
                catalog->undefined++;
        }

        size_t depth = count - own;
        uint32_t *key = xmalloc((depth + 1) * sizeof *key);

        key[0] = flags;
        for (size_t i = 0; i < depth; i++)
                key[i + 1] = find_place(catalog, &frames[own + i]);

        uint32_t stack = intern(&catalog->index->stacks, key, (depth + 1) * sizeof *key, catalog->stack_count, &new);

        if (!new) {
                free(key);
                return stack;
        }
        memmove(key, key + 1, depth * sizeof *key);
        catalog->stack = xgrow(catalog->stack, catalog->stack_count, &catalog->stack_room, sizeof *catalog->stack);
        catalog->stack[catalog->stack_count++] = (struct catalog_stack){flags, depth, key};
        return stack;
}

static bool site_counts(const struct site *site)
{
        return site->allocations || site->frees || site->resizes || site->requested || site->freed;
}

static void add_sites(struct catalog *catalog, struct model *model, struct process *process)
{
        struct entry *by_stack = NULL;

        for (size_t i = 0; i < process->sites.count; i++) {
                struct site *site = process->sites.site[i];
                bool new;

                if (!site_counts(site))
                        continue; /* known from the walk alone */
                uint32_t stack = find_stack(catalog, model, process, site->stack);
                uint32_t row = intern(&by_stack, &stack, sizeof stack, catalog->site_count, &new);

                if (!new) {
                        site_merge(catalog->site[row].site, site, &model->site_clock);
                        continue;
                }
                catalog->site = xgrow(catalog->site, catalog->site_count, &catalog->site_room, sizeof *catalog->site);
                catalog->site[catalog->site_count++] = (struct catalog_site){process, site, stack};
        }
        intern_free(&by_stack);
}

static uint32_t find_stack_if(struct catalog *catalog, const struct model *model, const struct process *process,
                              uint32_t id)
{
        return id ? find_stack(catalog, model, process, id) : CATALOG_NO_STACK;
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

struct catalog *catalog_create(struct model *model)
{
        struct catalog *catalog = xcalloc(1, sizeof *catalog);

        catalog->index = xcalloc(1, sizeof *catalog->index);
        catalog->index->frames = xmalloc(RESOLVE_FRAMES_MAX * sizeof *catalog->index->frames);
        for (struct process *process = model->processes; process; process = process->hh.next)
                add_sites(catalog, model, process);
        for (struct process *process = model->processes; process; process = process->hh.next)
                add_errors(catalog, model, process);
        for (const struct process *process = model->processes; process; process = process->hh.next)
                add_guarded(catalog, model, process);
        intern_free(&catalog->index->files);
        intern_free(&catalog->index->modules);
        intern_free(&catalog->index->places);
        intern_free(&catalog->index->stacks);
        free(catalog->index->frames);
        free(catalog->index);
        catalog->index = NULL;
        return catalog;
}

void catalog_free(struct catalog *catalog)
{
        for (size_t i = 0; i < catalog->stack_count; i++)
                free(catalog->stack[i].place);
        free(catalog->stack);
        free(catalog->file);
        free(catalog->place);
        free(catalog->site);
        free(catalog->error);
        free(catalog->guarded);
        free(catalog);
}
