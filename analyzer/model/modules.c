/* A short list, searched only after the end of the stream. */
#include "analyzer/model/modules.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

static char *hex(const uint8_t *bytes, size_t count)
{
        char *text = xcalloc(count * 2 + 1, 1);

        for (size_t i = 0; i < count; i++) {
                text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
                text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
        }
        return text;
}

void modules_add(struct modules *modules, const struct wire_module *module)
{
        char *path = xmemdup0(module->path, module->path_bytes);

        for (size_t i = 0; i < modules->count; i++) {
                const struct module *old = &modules->module[i];

                if (old->generation == module->generation && old->start == module->start && old->end == module->end &&
                    strcmp(old->path, path) == 0) {
                        free(path);
                        return;
                }
        }
        modules->module = xgrow(modules->module, modules->count, &modules->room, sizeof *modules->module);
        modules->module[modules->count++] = (struct module){
                .generation = module->generation,
                .start = module->start,
                .end = module->end,
                .bias = module->bias,
                .build_id = hex(module->build_id, module->build_id_bytes),
                .path = path,
        };
}

void modules_gone(struct modules *modules, uint32_t generation, uint64_t start)
{
        for (size_t i = 0; i < modules->count; i++)
                if (modules->module[i].generation == generation && modules->module[i].start == start)
                        modules->module[i].gone = true;
}

const struct module *modules_find(const struct modules *modules, struct wire_pc pc)
{
        for (size_t i = modules->count; i-- > 0;) {
                const struct module *module = &modules->module[i];

                if (module->generation == pc.generation && module->start <= pc.pc && pc.pc < module->end)
                        return module;
        }
        return NULL;
}

void modules_free(struct modules *modules)
{
        for (size_t i = 0; i < modules->count; i++) {
                free(modules->module[i].build_id);
                free(modules->module[i].path);
        }
        free(modules->module);
        *modules = (struct modules){0};
}
