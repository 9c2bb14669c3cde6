/* What the program did wrong with blocks. */
#include "analyzer/store/tables.h"

static const char *word(const char *const *words, size_t count, uint64_t number)
{
        return number < count && words[number] ? words[number] : "unknown";
}

#define WORD(words, number) word((words), sizeof(words) / sizeof *(words), (number))

static const char *kind_word(uint32_t kind)
{
        static const char *const words[] = {
                [WIRE_ERROR_FOREIGN] = "foreign", [WIRE_ERROR_INTERIOR] = "interior",   [WIRE_ERROR_DOUBLE] = "double",
                [WIRE_ERROR_SIZE] = "size",       [WIRE_ERROR_ALIGNMENT] = "alignment", [WIRE_ERROR_ARRAY] = "array",
                [WIRE_ERROR_LINK] = "link",       [WIRE_ERROR_OVERFLOW] = "overflow",   [WIRE_ERROR_WRITE] = "write",
        };

        return WORD(words, kind);
}

static const char *call_word(uint32_t call)
{
        static const char *const words[] = {
                [WIRE_CALL_FREE] = "free",
                [WIRE_CALL_REALLOC] = "realloc",
                [WIRE_CALL_DELETE] = "delete",
                [WIRE_CALL_DELETE_ARRAY] = "delete[]",
        };

        return call == WIRE_CALL_NONE ? NULL : WORD(words, call);
}

const struct module *tables_module_at(const struct model *model, const struct process *process, uint64_t address,
                                      const struct process **ret_process)
{
        for (unsigned forks = 0; process && forks < 4096; forks++) {
                for (size_t i = process->modules.count; i-- > 0;) {
                        const struct module *module = &process->modules.module[i];

                        if (!module->gone && module->start <= address && address < module->end) {
                                *ret_process = process;
                                return module;
                        }
                }
                process = process->told && process->parent ? model_process(model, process->parent) : NULL;
        }
        return NULL;
}

static uint64_t module_row(const struct model *model, const struct process *process, uint64_t address)
{
        const struct process *owner;
        const struct module *module = tables_module_at(model, process, address, &owner);

        return module ? tables_module_row(model, owner, module) : 0;
}

/* Where an address is that belongs to no block, and the module if it is in one. */
static void write_place(struct writer *writer, const struct model *model, const struct process *process,
                        const struct wire_error *error)
{
        uint64_t module = 0;

        if (error->kind != WIRE_ERROR_FOREIGN)
                writer_null(writer);
        else if (error->place == WIRE_PLACE_STACK)
                writer_text(writer, "stack");
        else if (error->place == WIRE_PLACE_POOLS)
                writer_text(writer, "pools");
        else if ((module = module_row(model, process, error->address)))
                writer_text(writer, "module");
        else
                writer_text(writer, "other");
        if (module)
                writer_integer(writer, module);
        else
                writer_null(writer);
}

static void write_block(struct writer *writer, const struct wire_error *error)
{
        bool known = error->alloc_kind != 0, inside = error->kind == WIRE_ERROR_INTERIOR;
        bool said = error->kind == WIRE_ERROR_SIZE || error->kind == WIRE_ERROR_ALIGNMENT;
        bool changed = error->kind == WIRE_ERROR_OVERFLOW || error->kind == WIRE_ERROR_WRITE;

        writer_text(writer, known ? tables_kind((int)error->alloc_kind - 1) : NULL);
        tables_told(writer, known, &error->size, 1);
        tables_told(writer, inside || changed, &error->offset, 1);
        tables_told(writer, said, &error->said, 1);
        tables_told(writer, changed, &error->said, 1);
        writer_integer(writer, error->flags & WIRE_ERROR_FREED);
}

void tables_stack(struct writer *writer, uint32_t stack)
{
        if (stack == CATALOG_NO_STACK)
                writer_null(writer);
        else
                writer_integer(writer, stack + UINT64_C(1));
}

static void write_guarded(struct writer *writer, const struct catalog *catalog)
{
        writer_table(writer, "guarded");
        for (size_t i = 0; i < catalog->guarded_count; i++) {
                const struct catalog_guarded *row = &catalog->guarded[i];

                writer_integer(writer, row->process->number);
                writer_integer(writer, row->guarded->slot);
                writer_integer(writer, row->guarded->address);
                writer_integer(writer, row->guarded->size);
                writer_integer(writer, row->guarded->number % 2);
                tables_stack(writer, row->alloc_stack);
                tables_stack(writer, row->free_stack);
                writer_row(writer);
        }
}

void tables_errors(struct writer *writer, const struct model *model, const struct catalog *catalog)
{
        writer_table(writer, "error");
        for (size_t i = 0; i < catalog->error_count; i++) {
                const struct catalog_error *row = &catalog->error[i];
                const struct error *error = row->error;

                writer_integer(writer, i + 1);
                writer_integer(writer, row->process->number);
                writer_text(writer, kind_word(error->key.kind));
                writer_text(writer, call_word(error->key.call));
                writer_integer(writer, error->count);
                writer_integer(writer, error->thread);
                writer_integer(writer, model_since_start(model, error->first_ns));
                writer_integer(writer, model_since_start(model, error->last_ns));
                writer_integer(writer, error->first.address);
                write_place(writer, model, row->process, &error->first);
                write_block(writer, &error->first);
                tables_stack(writer, row->stack);
                tables_stack(writer, row->alloc_stack);
                tables_stack(writer, row->free_stack);
                writer_row(writer);
        }
        write_guarded(writer, catalog);
}
