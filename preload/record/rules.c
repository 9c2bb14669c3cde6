/* The parser of .eh_frame and the cache of its rules that all threads share. */
#include "preload/record/rules.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/record/modules.h"

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

static int64_t read_sleb(const uint8_t **at)
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
                value = (uint64_t)read_sleb(at);
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
        description->data_align = read_sleb(&at);
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

enum find_status { FIND_OK, FIND_NONE, FIND_STRANGE };

static enum find_status description_find(const uint8_t *header, uint64_t pc, struct description *ret_description)
{
        const uint8_t *frame = table_search(header, pc);

        if (!frame)
                return header[3] == ENC_TABLE_EXPECTED ? FIND_NONE : FIND_STRANGE;

        const uint8_t *at = entry_begin(frame, &ret_description->end);
        const uint8_t *common = at - (int32_t)read_fixed(&(const uint8_t *){at}, 4);

        at += 4;
        if (!common_read(common, ret_description))
                return FIND_STRANGE;
        ret_description->pc_begin = read_encoded(&at, ret_description->pointer_encoding, (uint64_t)(uintptr_t)header);
        uint64_t range = read_encoded(&at, ret_description->pointer_encoding & 0x0f, 0);

        if (pc - ret_description->pc_begin >= range)
                return FIND_NONE;
        const char *augmentation =
                (const char *)common + (*(const uint32_t *)(const void *)common == 0xffffffff ? 17 : 9);

        if (augmentation[0] == 'z') {
                uint64_t bytes = read_uleb(&at);

                at += bytes;
        }
        ret_description->program = at;
        return FIND_OK;
}

/* --- running the instructions ------------------------------------------------------------------------------------ */

enum where { WHERE_SAME, WHERE_UNDEFINED, WHERE_OFFSET, WHERE_EXPRESSION, WHERE_OTHER };

struct place {
        enum where where;
        int64_t offset;
        const uint8_t *expression;
        uint64_t expression_bytes;
};

enum { ROW_FP, ROW_SP, ROW_RA, ROW_IGNORED, ROW_PLACES };

struct row {
        uint64_t cfa_register;
        int64_t cfa_offset;
        const uint8_t *cfa_expression; /* NULL: register and offset */
        uint64_t cfa_expression_bytes;
        struct place place[ROW_PLACES]; /* all registers but three share the last, which is never read */
};

struct machine {
        const struct description *description;
        struct row row, initial;
        struct row stack[8];
        unsigned depth;
        uint64_t pc;
};

static struct place *row_place(struct row *row, uint64_t number)
{
        return &row->place[number == PLATFORM_DWARF_FP   ? ROW_FP
                           : number == PLATFORM_DWARF_SP ? ROW_SP
                           : number == PLATFORM_DWARF_RA ? ROW_RA
                                                         : ROW_IGNORED];
}

static void place_at_offset(struct machine *machine, uint64_t number, int64_t factored)
{
        *row_place(&machine->row, number) =
                (struct place){.where = WHERE_OFFSET, .offset = factored * machine->description->data_align};
}

static void place_restore(struct machine *machine, uint64_t number)
{
        *row_place(&machine->row, number) = *row_place(&machine->initial, number);
}

static void define_cfa(struct row *row, uint64_t number, int64_t offset)
{
        row->cfa_register = number;
        row->cfa_offset = offset;
        row->cfa_expression = NULL;
}

/* DW_CFA instructions that change the CFA. False: not one of them. */
static bool run_cfa(struct machine *machine, uint8_t code, const uint8_t **at)
{
        struct row *row = &machine->row;
        int64_t align = machine->description->data_align;
        uint64_t number;

        switch (code) {
        case 0x0c: /* def_cfa */
                number = read_uleb(at);
                define_cfa(row, number, (int64_t)read_uleb(at));
                return true;
        case 0x12: /* def_cfa_sf */
                number = read_uleb(at);
                define_cfa(row, number, read_sleb(at) * align);
                return true;
        case 0x0d: /* def_cfa_register */
                define_cfa(row, read_uleb(at), row->cfa_offset);
                return true;
        case 0x0e: /* def_cfa_offset */
                row->cfa_offset = (int64_t)read_uleb(at);
                return true;
        case 0x13: /* def_cfa_offset_sf */
                row->cfa_offset = read_sleb(at) * align;
                return true;
        case 0x0f: /* def_cfa_expression */
                row->cfa_expression_bytes = read_uleb(at);
                row->cfa_expression = *at;
                *at += row->cfa_expression_bytes;
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
                place_at_offset(machine, number, read_sleb(at));
                return true;
        case 0x2f: /* GNU_negative_offset_extended */
                number = read_uleb(at);
                place_at_offset(machine, number, -(int64_t)read_uleb(at));
                return true;
        case 0x06: /* restore_extended */
                place_restore(machine, read_uleb(at));
                return true;
        case 0x07: /* undefined */
                *row_place(&machine->row, read_uleb(at)) = (struct place){.where = WHERE_UNDEFINED};
                return true;
        case 0x08: /* same_value */
                *row_place(&machine->row, read_uleb(at)) = (struct place){.where = WHERE_SAME};
                return true;
        case 0x09: /* register */
        case 0x14: /* val_offset */
                *row_place(&machine->row, read_uleb(at)) = (struct place){.where = WHERE_OTHER};
                read_uleb(at);
                return true;
        case 0x15: /* val_offset_sf */
                *row_place(&machine->row, read_uleb(at)) = (struct place){.where = WHERE_OTHER};
                read_sleb(at);
                return true;
        case 0x10: /* expression */
        case 0x16: /* val_expression */
                number = read_uleb(at);
                bytes = read_uleb(at);
                *row_place(&machine->row, number) =
                        (struct place){.where = code == 0x10 ? WHERE_EXPRESSION : WHERE_OTHER,
                                       .expression = *at,
                                       .expression_bytes = bytes};
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

/* --- from a row to a rule ---------------------------------------------------------------------------------------- */

static void rule_guess(struct rule *rule)
{
        rule->kind = RULE_GUESS;
        rule->cfa_offset = 16;
        rule->fp_offset = -16;
        rule->flags = RULE_RESTORES_FP;
}

/* gcc's realigned frame: the CFA is what `breg6 n; deref` finds, and the old frame pointer is at *fp. */
static bool rule_realigned(const struct row *row, struct rule *rule)
{
        const struct place *fp = &row->place[ROW_FP];
        const uint8_t *expression = row->cfa_expression, *at = expression + 1;

        if (row->cfa_expression_bytes < 3 || expression[0] != 0x76)
                return false;
        int64_t offset = read_sleb(&at);

        if (at + 1 != expression + row->cfa_expression_bytes || *at != 0x06 || fp->where != WHERE_EXPRESSION ||
            fp->expression_bytes != 2 || fp->expression[0] != 0x76 || fp->expression[1] != 0)
                return false;
        rule->kind = RULE_FP_DEREF;
        rule->cfa_offset = (int32_t)offset;
        rule->fp_offset = 0;
        rule->flags = RULE_RESTORES_FP;
        return true;
}

/* The lazy-binding entries of the PLT: CFA = sp + 8 + ((pc & 15) >= 11) * 8. */
static bool rule_plt(const struct row *row, uint64_t pc, struct rule *rule)
{
        static const uint8_t plt[] = {0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};

        if (row->cfa_expression_bytes != sizeof plt || memcmp(row->cfa_expression, plt, sizeof plt) != 0)
                return false;
        rule->kind = RULE_SP;
        rule->cfa_offset = 8 + ((pc & 15) >= 11 ? 8 : 0);
        return true;
}

static void rule_from_row(const struct row *row, uint64_t pc, struct rule *rule)
{
        const struct place *fp = &row->place[ROW_FP], *ra = &row->place[ROW_RA];

        rule->kind = RULE_DECLINED;
        rule->fp_offset = -8;
        if (ra->where == WHERE_UNDEFINED) {
                rule->kind = RULE_END;
                return;
        }
        if (ra->where != WHERE_OFFSET || ra->offset != -8 || row->place[ROW_SP].where != WHERE_SAME)
                return;
        if (row->cfa_expression) {
                if (!rule_realigned(row, rule))
                        rule_plt(row, pc, rule);
                return;
        }
        if (row->cfa_offset > INT32_MAX || row->cfa_offset < INT32_MIN)
                return;
        if (fp->where == WHERE_UNDEFINED) { /* what start-up code says to end the chain */
                rule->kind = RULE_END;
                return;
        }
        if (fp->where == WHERE_OFFSET && fp->offset >= INT16_MIN && fp->offset <= INT16_MAX) {
                rule->fp_offset = (int16_t)fp->offset;
                rule->flags = RULE_RESTORES_FP;
        } else if (fp->where != WHERE_SAME) {
                return;
        }
        rule->cfa_offset = (int32_t)row->cfa_offset;
        if (row->cfa_register == PLATFORM_DWARF_SP)
                rule->kind = RULE_SP;
        else if (row->cfa_register == PLATFORM_DWARF_FP)
                rule->kind = RULE_FP;
}

static void rule_from_tables(const uint8_t *header, uint64_t pc, struct rule *rule)
{
        struct description description;
        struct machine machine;
        enum find_status status = description_find(header, pc, &description);

        rule->kind = RULE_DECLINED;
        if (status == FIND_NONE)
                rule_guess(rule);
        if (status != FIND_OK)
                return;
        if (description.is_signal) {
                if (platform_is_sigreturn((const uint8_t *)(uintptr_t)pc)) {
                        rule->kind = RULE_SIGNAL;
                        rule->flags = RULE_RESTORES_FP;
                }
                return;
        }
        memset(&machine, 0, sizeof machine);
        machine.description = &description;
        if (!run(&machine, description.common_program, description.common_end, UINT64_MAX - 1))
                return;
        machine.initial = machine.row;
        machine.depth = 0;
        machine.pc = description.pc_begin;
        if (run(&machine, description.program, description.end, pc))
                rule_from_row(&machine.row, pc, rule);
}

#else

static void rule_from_tables(const uint8_t *header, uint64_t pc, struct rule *rule)
{
        (void)header, (void)pc;
        rule->kind = RULE_DECLINED;
}

static void rule_guess(struct rule *rule)
{
        rule->kind = RULE_DECLINED;
}

#endif

void rules_parse(uint64_t pc, struct rule *ret_rule)
{
        struct module_place place;
        struct rule rule = {.kind = RULE_DECLINED};

        modules_find(pc, &place);
        rule.key = pc | (uint64_t)place.generation << RULES_GENERATION_SHIFT;
        if (place.unwind)
                rule_from_tables(place.unwind, pc, &rule);
        else
                rule_guess(&rule);
        *ret_rule = rule;
}

/* --- the cache of all threads: insert-only ----------------------------------------------------------------------- */

enum { SHARED_BITS = 16, SHARED_ENTRIES = 1 << SHARED_BITS, SHARED_PROBES = 32 };

struct shared_rule {
        _Atomic uint64_t tag; /* pc | epoch << 48; 0: empty, 1: being filled. Release: the rule is complete. */
        struct rule rule;
};

_Static_assert(sizeof(struct shared_rule) * SHARED_ENTRIES == RULES_SHARED_BYTES, "as the header says");
static struct shared_rule *shared;
static _Atomic uint64_t shared_count;

bool rules_open(void)
{
        void *memory = mmap(NULL, sizeof *shared * SHARED_ENTRIES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return false;
        shared = memory;
        return true;
}

uint64_t rules_count(void)
{
        return atomic_load_explicit(&shared_count, memory_order_relaxed);
}

void rules_fill(uint64_t pc, struct rule *ret_rule)
{
        uint64_t epoch = modules_epoch();
        uint64_t tag = pc | epoch << RULES_GENERATION_SHIFT;
        uint64_t hash = tag * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SHARED_BITS);

        if (epoch >> 32 || !shared) { /* a module is being unloaded: nothing may be kept */
                rules_parse(pc, ret_rule);
                return;
        }
        for (unsigned i = 0; i < SHARED_PROBES; i++) {
                struct shared_rule *entry = &shared[(hash + i) & (SHARED_ENTRIES - 1)];
                uint64_t seen = atomic_load_explicit(&entry->tag, memory_order_acquire);

                if (seen == tag) {
                        *ret_rule = entry->rule;
                        return;
                }
                if (seen == 0) {
                        rules_parse(pc, ret_rule);
                        if (modules_epoch() == epoch &&
                            atomic_compare_exchange_strong(&entry->tag, &seen, UINT64_C(1))) {
                                entry->rule = *ret_rule;
                                atomic_fetch_add_explicit(&shared_count, 1, memory_order_relaxed);
                                atomic_store_explicit(&entry->tag, tag, memory_order_release);
                        }
                        return;
                }
        }
        rules_parse(pc, ret_rule);
}
