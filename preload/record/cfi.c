/* The reader of .eh_frame: encodings, descriptions, instructions. */
#include "preload/record/cfi.h"

#include <stdbool.h>
#include <string.h>

#include "preload/platform.h"

#if PLATFORM_HAS_RULES

/* --- reading the encodings of DWARF ------------------------------------------------------------------------------ */

enum {
        ENC_ABSOLUTE = 0x00,
        ENC_ULEB = 0x01,
        ENC_U2 = 0x02,
        ENC_U4 = 0x03,
        ENC_U8 = 0x04,
        ENC_SLEB = 0x09,
        ENC_S2 = 0x0a,
        ENC_S4 = 0x0b,
        ENC_S8 = 0x0c,
        ENC_PC_RELATIVE = 0x10,
        ENC_DATA_RELATIVE = 0x30,
        ENC_INDIRECT = 0x80,
        ENC_OMIT = 0xff,
        ENC_TABLE_EXPECTED = ENC_DATA_RELATIVE | ENC_S4,
};

static uint64_t read_uleb(const uint8_t **at)
{
        uint64_t value = 0;
        unsigned shift = 0;
        uint8_t byte;

        do {
                byte = *(*at)++;
                if (shift < 64)
                        value |= (uint64_t)(byte & 0x7f) << shift;
                shift += 7;
        } while (byte & 0x80);
        return value;
}

int64_t cfi_sleb(const uint8_t **at)
{
        uint64_t value = 0;
        unsigned shift = 0;
        uint8_t byte;

        do {
                byte = *(*at)++;
                if (shift < 64)
                        value |= (uint64_t)(byte & 0x7f) << shift;
                shift += 7;
        } while (byte & 0x80);
        if (shift < 64 && (byte & 0x40))
                value |= ~UINT64_C(0) << shift;
        return (int64_t)value;
}

static uint64_t read_fixed(const uint8_t **at, unsigned bytes)
{
        uint64_t value = 0;

        memcpy(&value, *at, bytes); /* little-endian, as all machines with rules are */
        *at += bytes;
        return value;
}

static uint64_t read_encoded(const uint8_t **at, uint8_t encoding, uint64_t data_base)
{
        const uint8_t *here = *at;
        uint64_t value;

        if (encoding == ENC_OMIT)
                return 0;
        switch (encoding & 0x0f) {
        case ENC_ULEB:
                value = read_uleb(at);
                break;
        case ENC_SLEB:
                value = (uint64_t)cfi_sleb(at);
                break;
        case ENC_U2:
                value = read_fixed(at, 2);
                break;
        case ENC_S2:
                value = (uint64_t)(int64_t)(int16_t)read_fixed(at, 2);
                break;
        case ENC_U4:
                value = read_fixed(at, 4);
                break;
        case ENC_S4:
                value = (uint64_t)(int64_t)(int32_t)read_fixed(at, 4);
                break;
        default:
                value = read_fixed(at, 8);
        }
        if ((encoding & 0x70) == ENC_PC_RELATIVE)
                value += (uint64_t)(uintptr_t)here;
        else if ((encoding & 0x70) == ENC_DATA_RELATIVE)
                value += data_base;
        if ((encoding & ENC_INDIRECT) && value)
                memcpy(&value, (const void *)(uintptr_t)value, sizeof value);
        return value;
}

/* --- finding the frame description of a pc ----------------------------------------------------------------------- */

struct description {
        const uint8_t *common_program, *common_end; /* instructions of the CIE */
        const uint8_t *program, *end;               /* instructions of the FDE */
        uint64_t pc_begin;
        uint64_t code_align;
        int64_t data_align;
        uint8_t pointer_encoding;
        bool is_signal;
};

static const uint8_t *entry_begin(const uint8_t *at, const uint8_t **ret_end)
{
        uint64_t bytes = read_fixed(&at, 4);

        if (bytes == 0xffffffff)
                bytes = read_fixed(&at, 8);
        *ret_end = at + bytes;
        return at;
}

/* Binary search in the sorted table of .eh_frame_hdr. NULL: none may cover the pc. */
static const uint8_t *table_search(const uint8_t *header, uint64_t pc)
{
        const uint8_t *at = header + 4;
        uint64_t base = (uint64_t)(uintptr_t)header;

        if (header[0] != 1 || header[3] != ENC_TABLE_EXPECTED)
                return NULL;
        read_encoded(&at, header[1], base);
        uint64_t count = read_encoded(&at, header[2], base);
        const int32_t *pair = (const int32_t *)(const void *)at;
        int64_t offset = (int64_t)(pc - base);
        uint64_t low = 0, high = count;

        while (low < high) {
                uint64_t middle = (low + high) / 2;

                if (pair[2 * middle] <= offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low ? header + pair[2 * low - 1] : NULL;
}

static bool common_read(const uint8_t *common, struct description *description)
{
        const uint8_t *at = entry_begin(common, &description->common_end);

        at += 4; /* the id of a CIE */
        uint8_t version = *at++;
        const char *augmentation = (const char *)at;

        at += strlen(augmentation) + 1;
        description->code_align = read_uleb(&at);
        description->data_align = cfi_sleb(&at);
        uint64_t return_register = version == 1 ? *at++ : read_uleb(&at);

        description->pointer_encoding = ENC_ABSOLUTE;
        description->is_signal = false;
        if (augmentation[0] == 'z') {
                uint64_t bytes = read_uleb(&at);
                const uint8_t *data = at;

                at += bytes;
                for (const char *letter = augmentation + 1; *letter; letter++) {
                        if (*letter == 'L')
                                data++;
                        else if (*letter == 'R')
                                description->pointer_encoding = *data++;
                        else if (*letter == 'P') {
                                uint8_t encoding = *data++;

                                read_encoded(&data, encoding & 0x7f, 0);
                        } else if (*letter == 'S')
                                description->is_signal = true;
                        else
                                break;
                }
        } else if (augmentation[0]) {
                return false;
        }
        description->common_program = at;
        return return_register == PLATFORM_DWARF_RA;
}

static enum cfi_status description_find(const uint8_t *header, uint64_t pc, struct description *ret_description)
{
        const uint8_t *frame = table_search(header, pc);

        if (!frame)
                return header[3] == ENC_TABLE_EXPECTED ? CFI_NONE : CFI_STRANGE;

        const uint8_t *at = entry_begin(frame, &ret_description->end);
        const uint8_t *common = at - (int32_t)read_fixed(&(const uint8_t *){at}, 4);

        at += 4;
        if (!common_read(common, ret_description))
                return CFI_STRANGE;
        ret_description->pc_begin = read_encoded(&at, ret_description->pointer_encoding, (uint64_t)(uintptr_t)header);
        uint64_t range = read_encoded(&at, ret_description->pointer_encoding & 0x0f, 0);

        if (pc - ret_description->pc_begin >= range)
                return CFI_NONE;
        const char *augmentation =
                (const char *)common + (*(const uint32_t *)(const void *)common == 0xffffffff ? 17 : 9);

        if (augmentation[0] == 'z') {
                uint64_t bytes = read_uleb(&at);

                at += bytes;
        }
        ret_description->program = at;
        return CFI_OK;
}

/* --- running the instructions ------------------------------------------------------------------------------------ */

struct machine {
        const struct description *description;
        struct cfi_row row, initial;
        struct cfi_row stack[4]; /* what is remembered is hardly ever deeper than one */
        unsigned depth;
        uint64_t pc;
};

static struct cfi_place *row_place(struct cfi_row *row, uint64_t number)
{
        return &row->place[number == PLATFORM_DWARF_FP   ? CFI_FP
                           : number == PLATFORM_DWARF_SP ? CFI_SP
                           : number == PLATFORM_DWARF_RA ? CFI_RA
                                                         : CFI_IGNORED];
}

static void place_at_offset(struct machine *machine, uint64_t number, int64_t factored)
{
        *row_place(&machine->row, number) =
                (struct cfi_place){.where = CFI_AT_OFFSET, .offset = factored * machine->description->data_align};
}

static void place_restore(struct machine *machine, uint64_t number)
{
        *row_place(&machine->row, number) = *row_place(&machine->initial, number);
}

static void define_cfa(struct cfi_row *row, uint64_t number, int64_t offset)
{
        row->cfa_register = number < UINT16_MAX ? (uint16_t)number : UINT16_MAX;
        row->cfa_offset = offset;
        row->cfa_expression = NULL;
}

/* DW_CFA instructions that change the CFA. False: not one of them. */
static bool run_cfa(struct machine *machine, uint8_t code, const uint8_t **at)
{
        struct cfi_row *row = &machine->row;
        int64_t align = machine->description->data_align;
        uint64_t number, bytes;

        switch (code) {
        case 0x0c: /* def_cfa */
                number = read_uleb(at);
                define_cfa(row, number, (int64_t)read_uleb(at));
                return true;
        case 0x12: /* def_cfa_sf */
                number = read_uleb(at);
                define_cfa(row, number, cfi_sleb(at) * align);
                return true;
        case 0x0d: /* def_cfa_register */
                define_cfa(row, read_uleb(at), row->cfa_offset);
                return true;
        case 0x0e: /* def_cfa_offset */
                row->cfa_offset = (int64_t)read_uleb(at);
                return true;
        case 0x13: /* def_cfa_offset_sf */
                row->cfa_offset = cfi_sleb(at) * align;
                return true;
        case 0x0f: /* def_cfa_expression */
                bytes = read_uleb(at);
                row->cfa_expression_bytes = (uint32_t)bytes;
                row->cfa_expression = *at;
                *at += bytes;
                return true;
        default:
                return false;
        }
}

/* DW_CFA instructions that say where a register is. False: not one of them. */
static bool run_register(struct machine *machine, uint8_t code, const uint8_t **at)
{
        uint64_t number, bytes;

        switch (code) {
        case 0x05: /* offset_extended */
                number = read_uleb(at);
                place_at_offset(machine, number, (int64_t)read_uleb(at));
                return true;
        case 0x11: /* offset_extended_sf */
                number = read_uleb(at);
                place_at_offset(machine, number, cfi_sleb(at));
                return true;
        case 0x2f: /* GNU_negative_offset_extended */
                number = read_uleb(at);
                place_at_offset(machine, number, -(int64_t)read_uleb(at));
                return true;
        case 0x06: /* restore_extended */
                place_restore(machine, read_uleb(at));
                return true;
        case 0x07: /* undefined */
                *row_place(&machine->row, read_uleb(at)) = (struct cfi_place){.where = CFI_AT_UNDEFINED};
                return true;
        case 0x08: /* same_value */
                *row_place(&machine->row, read_uleb(at)) = (struct cfi_place){.where = CFI_AT_SAME};
                return true;
        case 0x09: /* register */
        case 0x14: /* val_offset */
                *row_place(&machine->row, read_uleb(at)) = (struct cfi_place){.where = CFI_AT_OTHER};
                read_uleb(at);
                return true;
        case 0x15: /* val_offset_sf */
                *row_place(&machine->row, read_uleb(at)) = (struct cfi_place){.where = CFI_AT_OTHER};
                cfi_sleb(at);
                return true;
        case 0x10: /* expression */
        case 0x16: /* val_expression */
                number = read_uleb(at);
                bytes = read_uleb(at);
                *row_place(&machine->row, number) =
                        (struct cfi_place){.where = code == 0x10 ? CFI_AT_EXPRESSION : CFI_AT_OTHER,
                                           .expression = *at,
                                           .expression_bytes = (uint32_t)bytes};
                *at += bytes;
                return true;
        default:
                return false;
        }
}

/* The rest of the instructions with a code of their own. False: unknown. */
static bool run_other(struct machine *machine, uint8_t code, const uint8_t **at)
{
        uint64_t align = machine->description->code_align;

        switch (code) {
        case 0x00: /* nop */
                return true;
        case 0x01: /* set_loc */
                machine->pc = read_encoded(at, machine->description->pointer_encoding, 0);
                return true;
        case 0x02: /* advance_loc1, 2, 4 */
        case 0x03:
        case 0x04:
                machine->pc += read_fixed(at, 1u << (code - 2)) * align;
                return true;
        case 0x0a: /* remember_state */
                if (machine->depth == sizeof machine->stack / sizeof machine->stack[0])
                        return false;
                machine->stack[machine->depth++] = machine->row;
                return true;
        case 0x0b: /* restore_state */
                if (machine->depth == 0)
                        return false;
                machine->row = machine->stack[--machine->depth];
                return true;
        case 0x2e: /* GNU_args_size */
                read_uleb(at);
                return true;
        default:
                return false;
        }
}

/* Runs until the row of `target` is complete. False: an instruction we do not know. */
static bool run(struct machine *machine, const uint8_t *at, const uint8_t *end, uint64_t target)
{
        while (at < end && machine->pc <= target) {
                uint8_t code = *at++;
                uint8_t low = code & 0x3f;

                switch (code & 0xc0) {
                case 0x40: /* advance_loc */
                        machine->pc += low * machine->description->code_align;
                        break;
                case 0x80: /* offset */
                        place_at_offset(machine, low, (int64_t)read_uleb(&at));
                        break;
                case 0xc0: /* restore */
                        place_restore(machine, low);
                        break;
                default:
                        if (!run_cfa(machine, code, &at) && !run_register(machine, code, &at) &&
                            !run_other(machine, code, &at))
                                return false;
                }
        }
        return true;
}

enum cfi_status cfi_find(const uint8_t *header, uint64_t pc, struct cfi_row *ret_row)
{
        struct description description;
        struct machine machine;
        enum cfi_status status = description_find(header, pc, &description);

        if (status != CFI_OK)
                return status;
        if (description.is_signal)
                return CFI_SIGNAL;
        memset(&machine, 0, sizeof machine);
        machine.description = &description;
        if (!run(&machine, description.common_program, description.common_end, UINT64_MAX - 1))
                return CFI_STRANGE;
        machine.initial = machine.row;
        machine.depth = 0;
        machine.pc = description.pc_begin;
        if (!run(&machine, description.program, description.end, pc))
                return CFI_STRANGE;
        *ret_row = machine.row;
        return CFI_OK;
}

#endif
