/* The loaded modules, found out without the loader's lock.
 *
 * A module is learnt from _dl_find_object (glibc 2.35: lock-free, allocates nothing) when a pc of it is first seen. Its
 * generation is one more than the number of unloadings noticed until then; a pc carries the generation of its module,
 * so that an address used again by another library is another frame.
 *
 * Unloadings are noticed in dlclose, and before the next loading: libc unloads modules of its own (gconv, NSS) by a
 * call that nobody can get between, and while one dlclose returns, another thread may load what takes the freed place.
 * But whatever loads a module allocates its link map first, by our calloc, before anything is mapped: so an allocation
 * whose caller is the loader makes us look whether all that is known is still there. */
#ifndef PRELOAD_RECORD_MODULES_H
#define PRELOAD_RECORD_MODULES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct encode;

struct module_place {
        uint32_t generation;   /* 0: in no module */
        const uint8_t *unwind; /* its .eh_frame_hdr; NULL: none */
        bool is_loader;        /* it is the loader itself */
};

/* In the constructor. `exe` is the path of the program, and must stay. False: this C library cannot do it. */
bool modules_open(const char *exe);

void modules_find(uint64_t pc, struct module_place *ret_place);
const void *modules_map_start(uintptr_t address); /* its ELF header; NULL: the address lies in no module */
uintptr_t modules_map_end(uintptr_t address);     /* of its memory, of that without a file too; 0: the same */

/* Writes a MODULE or MODULE_GONE event for one module that needs one; false: there is none. Needs
 * ENCODE_COLD_BYTES_MAX of room. Each is written by one thread only. */
bool modules_announce(struct encode *encode);

/* When the loader allocates: what is gone is noticed, and that code in no module may make way for a module. */
void modules_look(void);

/* Around the real dlclose. Between the two calls nothing known about modules may be trusted. */
void modules_unload_begin(void);
void modules_unload_end(void);

/* Changes whenever what is cached about pcs must be dropped; bits 32 and up are not zero while nothing may be cached.
 */
extern _Atomic uint64_t modules_epoch_word;
static inline uint64_t modules_epoch(void)
{
        /* Acquire: pairs with the change of what is known of the modules. */
        return atomic_load_explicit(&modules_epoch_word, memory_order_acquire);
}

#endif
