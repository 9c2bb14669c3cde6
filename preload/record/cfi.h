/* Call frame information: what a module's .eh_frame says of the caller's registers at a pc.
 *
 * Source: DWARF 5, section 6.4, as .eh_frame encodes it (Linux Standard Base Core, chapter 10.6). Reads the module's
 * mapped memory and nothing else; trusts it as far as the C++ runtime does. */
#ifndef PRELOAD_RECORD_CFI_H
#define PRELOAD_RECORD_CFI_H

#include <stdint.h>

enum cfi_status {
        CFI_OK,
        CFI_NONE,    /* no description covers the pc */
        CFI_STRANGE, /* an encoding or an instruction we do not know */
        CFI_SIGNAL,  /* a signal frame: the row does not matter */
};

enum cfi_where { CFI_AT_SAME, CFI_AT_UNDEFINED, CFI_AT_OFFSET, CFI_AT_EXPRESSION, CFI_AT_OTHER };

/* Small, since a row lies on the stack of the program, ten times over. */
struct cfi_place {
        union {
                int64_t offset; /* CFI_AT_OFFSET */
                const uint8_t *expression;
        };
        uint32_t expression_bytes;
        uint8_t where; /* enum cfi_where */
};

enum { CFI_FP, CFI_SP, CFI_RA, CFI_IGNORED, CFI_PLACES };

struct cfi_row {
        int64_t cfa_offset;
        const uint8_t *cfa_expression; /* NULL: register and offset */
        uint32_t cfa_expression_bytes;
        uint16_t cfa_register;              /* UINT16_MAX for all from there */
        struct cfi_place place[CFI_PLACES]; /* all registers but three share the last, which is never read */
};

int64_t cfi_sleb(const uint8_t **at); /* a signed LEB128; moves on behind it */

/* `header` is the module's .eh_frame_hdr. ret_row is written on CFI_OK only. */
enum cfi_status cfi_find(const uint8_t *header, uint64_t pc, struct cfi_row *ret_row);

#endif
