/* The program and libraries of one process: what lay where, in which generation. */
#ifndef MODEL_MODULES_H
#define MODEL_MODULES_H

#include "wire/wire.h"

struct module {
        uint32_t generation;
        uint64_t start, end, bias;
        char *build_id; /* hex; empty: none */
        char *path;
        bool gone;
};

struct modules {
        struct module *module; /* in order of arrival */
        size_t count, room;
};

void modules_add(struct modules *modules, const struct wire_module *module);
void modules_gone(struct modules *modules, uint32_t generation, uint64_t start);
const struct module *modules_find(const struct modules *modules, struct wire_pc pc); /* NULL: in none of them */
void modules_free(struct modules *modules);

#endif
