/* The distinct places and stacks behind the sites: made once, after the end of the stream.
 *
 * Places are equal when module file and offset are, so that a library loaded twice, or at another address in another
 * process, is one. Stacks of equal places are one; sites of one process that turn out to share a stack are merged. */
#ifndef MODEL_CATALOG_H
#define MODEL_CATALOG_H

#include "analyzer/model/model.h"

enum {
        CATALOG_UNDEFINED = 4, /* flag of a stack, behind WIRE_STACK_*: some part of it was never defined */
        CATALOG_NO_FILE = -1,
};
#define CATALOG_NO_STACK UINT32_MAX

/* A file that code was loaded from. */
struct catalog_file {
        const struct module *module; /* the first that was loaded from it */
        const struct process *process;
};

struct catalog_place {
        int file;        /* index, or CATALOG_NO_FILE: generated code */
        uint64_t pc;     /* where it was seen first */
        uint64_t offset; /* pc minus bias: the address in the file; the pc itself without one */
};

/* Stacks share their outer parts: one is a few frames of its own, and another stack that goes on outward. Some are only
 * there to be shared. */
struct catalog_stack {
        uint64_t hash;  /* of all frames */
        uint32_t outer; /* index, always a smaller one; CATALOG_NO_STACK: none */
        uint32_t frame; /* index of its own first one in catalog->frame, the innermost */
        uint32_t frame_count;
        uint32_t depth; /* frames in all */
        uint32_t flags; /* of the outer ones too */
};

struct catalog_site {
        struct process *process;
        struct site *site;
        uint32_t stack; /* index */
};

struct catalog_error {
        struct process *process;
        struct error *error;
        uint32_t stack, alloc_stack, free_stack; /* indices, or CATALOG_NO_STACK */
};

struct catalog_guarded {
        const struct process *process;
        const struct wire_guarded *guarded;
        uint32_t alloc_stack, free_stack; /* as above */
};

/* A row of the last scan for leaks of a process. */
struct catalog_leak {
        struct process *process;
        struct leak leak;
        const struct leak_trend *trend; /* NULL: reachable */
        uint32_t stack, root;           /* indices; root: or CATALOG_NO_STACK */
};

struct catalog_chain {
        struct process *process;
        const struct wire_leak_chain *chain;
        uint32_t stack;                      /* index */
        uint32_t link_stack[WIRE_LINKS_MAX]; /* of those that are blocks; else CATALOG_NO_STACK */
};

struct catalog {
        struct catalog_file *file;
        size_t file_count, file_room;
        struct catalog_place *place;
        size_t place_count, place_room;
        struct catalog_stack *stack;
        size_t stack_count, stack_room;
        uint32_t *frame; /* of all stacks: indices of places; our own frames are left out */
        size_t frame_count, frame_room;
        struct catalog_site *site; /* by process, then in order of appearance */
        size_t site_count, site_room;
        struct catalog_error *error; /* by process, then in order of appearance */
        size_t error_count, error_room;
        struct catalog_guarded *guarded; /* by process and slot */
        size_t guarded_count, guarded_room;
        struct catalog_leak *leak; /* by process, then in order of appearance */
        size_t leak_count, leak_room;
        struct catalog_chain *chain; /* the same */
        size_t chain_count, chain_room;
        uint64_t undefined; /* stacks in use that were never defined, or not wholly */
        struct catalog_index *index;
};

/* Merges sites, errors and trends of leaks in the model, and takes the definitions of stacks out of it. */
struct catalog *catalog_create(struct model *model);
void catalog_free(struct catalog *catalog);

#endif
