/* The table of known modules. An entry is used again when its module is gone and the stream has been told. */
#define _GNU_SOURCE
#include "preload/record/modules.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/platform.h"
#include "wire/encode.h"

enum { MODULES_MAX = 4096, EPOCH_BITS = 32, PATH_ARENA_BYTES = 512 * 1024 };

enum module_state {
        MODULE_NEW = 1,
        MODULE_ANNOUNCED,
        MODULE_GONE,
        MODULE_GONE_ANNOUNCED,
        MODULE_GONE_NEW,
        MODULE_FILLED, /* an entry that is being used again */
};

struct module {
        uint64_t start, end, bias;
        const struct link_map *map; /* of the loader; only compared: it may be gone */
        const uint8_t *unwind;
        const char *path;
        uint32_t generation;
        uint32_t build_id_bytes;
        uint8_t build_id[WIRE_BUILD_ID_BYTES_MAX];
        _Atomic uint32_t ready; /* release: the fields above are filled in */
        _Atomic uint32_t state;
};

/* glibc's, declared here so that the source builds against older headers. */
struct find_object_result {
        unsigned long long int flags;
        void *map_start, *map_end;
        struct link_map *link_map;
        void *eh_frame;
        unsigned long long int reserved[7];
};
typedef int find_object(void *pc, struct find_object_result *result);

static struct module table[MODULES_MAX];
static _Atomic uint32_t table_count;
static _Atomic uint32_t announce_wanted; /* modules whose state asks for an event */
_Atomic uint64_t modules_epoch_word;     /* unloadings, and 1 << 32 for each dlclose under way */
static _Atomic bool outside;             /* some pc was found in no module, and rules may say so */
static find_object *loader_find;
static void *loader_start; /* of the loader's own mapping */
static const char *program_path;
static char path_arena[PATH_ARENA_BYTES];
static _Atomic size_t path_arena_used;

bool modules_open(const char *exe)
{
        struct find_object_result found;

        program_path = exe;
        loader_find = (find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object");
        if (!loader_find)
                return false;
        if (loader_find(&_r_debug, &found) == 0)
                loader_start = found.map_start;
        return true;
}

const void *modules_map_start(uintptr_t address)
{
        struct find_object_result found;

        return loader_find && loader_find((void *)address, &found) == 0 ? found.map_start : NULL;
}

uintptr_t modules_map_end(uintptr_t address)
{
        struct find_object_result found;

        return loader_find && loader_find((void *)address, &found) == 0 ? (uintptr_t)found.map_end : 0;
}

static void module_mark_gone(struct module *module)
{
        uint32_t state = atomic_load(&module->state);

        while (state == MODULE_NEW || state == MODULE_ANNOUNCED) {
                if (!atomic_compare_exchange_weak(&module->state, &state,
                                                  state == MODULE_NEW ? MODULE_GONE_NEW : MODULE_GONE))
                        continue;
                if (state == MODULE_ANNOUNCED)
                        atomic_fetch_add(&announce_wanted, 1);
                atomic_fetch_add(&modules_epoch_word, 1);
                return;
        }
}

static bool module_lives(const struct module *module)
{
        uint32_t state = atomic_load(&module->state);

        return state == MODULE_NEW || state == MODULE_ANNOUNCED;
}

static uint32_t table_entries(void)
{
        uint32_t count = atomic_load_explicit(&table_count, memory_order_acquire);

        return count < MODULES_MAX ? count : MODULES_MAX;
}

/* The known module of that extent, or NULL. Others that overlap it can only be gone. */
static struct module *table_find(const struct find_object_result *found)
{
        uint32_t count = table_entries();
        uint64_t start = (uint64_t)(uintptr_t)found->map_start, end = (uint64_t)(uintptr_t)found->map_end;

        for (uint32_t i = count; i-- > 0;) {
                struct module *module = &table[i];

                if (!atomic_load_explicit(&module->ready, memory_order_acquire) || !module_lives(module))
                        continue;
                if (module->start == start && module->end == end && module->map == found->link_map)
                        return module;
                if (module->start < end && start < module->end)
                        module_mark_gone(module);
        }
        return NULL;
}

/* The GNU build-id note among the program headers of an image in memory. */
static void build_id_read(struct module *module)
{
        const ElfW(Ehdr) *header = (const void *)(uintptr_t)module->start;
        const ElfW(Phdr) * segment;

        if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof *segment ||
            header->e_phoff + header->e_phnum * sizeof *segment > 4096)
                return;
        segment = (const void *)(uintptr_t)(module->start + header->e_phoff);
        for (unsigned i = 0; i < header->e_phnum; i++) {
                if (segment[i].p_type != PT_NOTE)
                        continue;
                const uint8_t *at = (const void *)(uintptr_t)(module->bias + segment[i].p_vaddr);
                const uint8_t *end = at + segment[i].p_memsz;

                while (at + sizeof(ElfW(Nhdr)) < end) {
                        const ElfW(Nhdr) *note = (const void *)at;
                        const uint8_t *name = at + sizeof *note;
                        const uint8_t *value = name + ((note->n_namesz + 3) & ~3u);

                        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
                            note->n_descsz <= WIRE_BUILD_ID_BYTES_MAX) {
                                memcpy(module->build_id, value, note->n_descsz);
                                module->build_id_bytes = note->n_descsz;
                                return;
                        }
                        at = value + ((note->n_descsz + 3) & ~3u);
                }
        }
}

/* A path that was kept before, or NULL: paths stay for good. */
static const char *path_find(const char *path)
{
        for (uint32_t i = table_entries(); i-- > 0;)
                if (atomic_load_explicit(&table[i].ready, memory_order_acquire) && strcmp(table[i].path, path) == 0)
                        return table[i].path;
        return NULL;
}

/* A copy that outlives the module. */
static const char *path_copy(const char *directory, size_t directory_bytes, const char *path)
{
        size_t bytes = strlen(path) + 1, at = atomic_fetch_add(&path_arena_used, bytes + directory_bytes);

        if (at + bytes + directory_bytes > PATH_ARENA_BYTES)
                return "";
        if (directory_bytes)
                memcpy(path_arena + at, directory, directory_bytes);
        memcpy(path_arena + at + directory_bytes, path, bytes);
        return path_arena + at;
}

/* A relative path is completed with the directory of now. Apart, because it needs so much of the program's stack. */
static COLD const char *path_complete(const char *path)
{
        char directory[WIRE_STRING_BYTES_MAX];
        size_t directory_bytes = 0;

        if (syscall(SYS_getcwd, directory, sizeof directory) > 1) {
                directory_bytes = strlen(directory);
                directory[directory_bytes++] = '/';
        }
        return path_copy(directory, directory_bytes, path);
}

static const char *path_of(const struct module *module)
{
        const char *path = module->map && module->map->l_name[0] ? module->map->l_name : program_path, *kept;

        if (path == program_path)
                return path;
        if (path[0] != '/' && strchr(path, '/'))
                return path_complete(path);
        kept = path_find(path);
        return kept ? kept : path_copy(NULL, 0, path);
}

/* An entry that is nobody else's: one of a module that is gone, or a new one. NULL: there is none. */
static struct module *table_claim(void)
{
        uint32_t count = table_entries(), index;

        for (uint32_t i = 0; i < count; i++) {
                uint32_t state = MODULE_GONE_ANNOUNCED;

                if (atomic_load_explicit(&table[i].state, memory_order_relaxed) == state &&
                    atomic_compare_exchange_strong(&table[i].state, &state, MODULE_FILLED)) {
                        atomic_store(&table[i].ready, 0);
                        return &table[i];
                }
        }
        index = atomic_fetch_add(&table_count, 1);
        if (index < MODULES_MAX)
                return &table[index];
        atomic_store(&table_count, MODULES_MAX);
        return NULL;
}

static struct module *table_add(const struct find_object_result *found)
{
        struct module *module = table_claim();

        if (!module)
                return NULL;
        module->start = (uint64_t)(uintptr_t)found->map_start;
        module->end = (uint64_t)(uintptr_t)found->map_end;
        module->bias = found->link_map ? found->link_map->l_addr : 0;
        module->map = found->link_map;
        module->unwind = found->eh_frame;
        module->build_id_bytes = 0;
        /* The pc that led here is being executed, so the module is there and its memory may be read. */
        build_id_read(module);
        module->path = path_of(module);
        module->generation = ((uint32_t)modules_epoch() & 0x7fff) + 1;
        atomic_store(&module->state, MODULE_NEW);
        atomic_fetch_add(&announce_wanted, 1);
        atomic_store_explicit(&module->ready, 1, memory_order_release);
        return module;
}

void modules_find(uint64_t pc, struct module_place *ret_place)
{
        struct find_object_result found;
        struct module *module;

        *ret_place = (struct module_place){0};
        if (!loader_find || loader_find((void *)(uintptr_t)pc, &found) != 0) {
                if (!atomic_load_explicit(&outside, memory_order_relaxed))
                        atomic_store(&outside, true);
                return;
        }
        module = table_find(&found);
        if (!module)
                module = table_add(&found); /* two threads may add it twice, which is harmless */
        ret_place->generation = module ? module->generation : 0;
        ret_place->unwind = found.eh_frame;
        ret_place->is_loader = found.map_start == loader_start;
}

static void mark_all_gone(void)
{
        uint32_t count = table_entries();
        struct find_object_result found;

        for (uint32_t i = 0; i < count; i++) {
                struct module *module = &table[i];

                if (!atomic_load_explicit(&module->ready, memory_order_acquire) || !module_lives(module))
                        continue;
                if (loader_find((void *)(uintptr_t)module->start, &found) != 0 || found.link_map != module->map)
                        module_mark_gone(module);
        }
}

COLD void modules_look(void)
{
        mark_all_gone();
        if (atomic_load_explicit(&outside, memory_order_relaxed) && atomic_exchange(&outside, false))
                atomic_fetch_add(&modules_epoch_word, 1);
}

void modules_unload_begin(void)
{
        atomic_fetch_add(&modules_epoch_word, UINT64_C(1) << EPOCH_BITS);
}

void modules_unload_end(void)
{
        mark_all_gone();
        atomic_fetch_sub(&modules_epoch_word, UINT64_C(1) << EPOCH_BITS);
}

static void encode_loaded(struct encode *encode, const struct module *module)
{
        struct wire_module event = {
                .generation = module->generation,
                .start = module->start,
                .end = module->end,
                .bias = module->bias,
                .build_id = module->build_id,
                .build_id_bytes = module->build_id_bytes,
                .path = module->path,
                .path_bytes = strlen(module->path),
        };

        encode_module(encode, &event);
}

bool modules_announce(struct encode *encode)
{
        if (LIKELY(atomic_load_explicit(&announce_wanted, memory_order_relaxed) == 0))
                return false;

        uint32_t count = table_entries();

        for (uint32_t i = 0; i < count; i++) {
                struct module *module = &table[i];
                uint32_t state = MODULE_NEW;

                if (!atomic_load_explicit(&module->ready, memory_order_acquire))
                        continue;
                if (atomic_compare_exchange_strong(&module->state, &state, MODULE_ANNOUNCED)) {
                        atomic_fetch_sub(&announce_wanted, 1);
                        encode_loaded(encode, module);
                        return true;
                }
                state = MODULE_GONE_NEW; /* stacks may name it all the same */
                if (atomic_compare_exchange_strong(&module->state, &state, MODULE_GONE)) {
                        encode_loaded(encode, module);
                        return true;
                }
                state = MODULE_GONE;
                if (atomic_compare_exchange_strong(&module->state, &state, MODULE_GONE_ANNOUNCED)) {
                        atomic_fetch_sub(&announce_wanted, 1);
                        encode_module_gone(encode, module->generation, module->start);
                        return true;
                }
        }
        return false;
}
