/* Sites with their time series, and the modules they are in. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/model/sampled.h"
#include "analyzer/store/tables.h"
#include "analyzer/xalloc.h"

/* NULL: no frame of a recorded stack lies in that file, so nobody has looked for its symbols. */
static const char *file_status(const struct catalog *catalog, const enum symbols_status *status,
                               const struct module *module)
{
        for (size_t i = 0; i < catalog->file_count; i++)
                if (strcmp(catalog->file[i].module->path, module->path) == 0 &&
                    strcmp(catalog->file[i].module->build_id, module->build_id) == 0)
                        return symbols_status_name(status[i]);
        return NULL;
}

static void write_module(struct writer *writer, const struct module *module, const char *status)
{
        writer_integer(writer, module->generation);
        writer_integer(writer, module->start);
        writer_integer(writer, module->end);
        writer_integer(writer, module->bias);
        writer_text(writer, module->build_id);
        writer_text(writer, module->path);
        writer_text(writer, status);
        writer_integer(writer, module->gone);
        writer_row(writer);
}

void tables_modules(struct writer *writer, const struct model *model, const struct catalog *catalog,
                    const enum symbols_status *status)
{
        uint64_t row = 1;

        writer_table(writer, "module");
        for (const struct process *process = model->processes; process; process = process->hh.next) {
                for (size_t i = 0; i < process->modules.count; i++) {
                        const struct module *module = &process->modules.module[i];

                        writer_integer(writer, row++);
                        writer_integer(writer, process->number);
                        write_module(writer, module, file_status(catalog, status, module));
                }
        }
}

const char *tables_kind(int kind)
{
        static const char *const names[] = {
                [WIRE_MALLOC] = "malloc",   [WIRE_CALLOC] = "calloc", [WIRE_REALLOC] = "realloc",
                [WIRE_ALIGNED] = "aligned", [WIRE_NEW] = "new",       [WIRE_NEW_ARRAY] = "new[]",
        };

        return kind >= 0 && kind <= WIRE_NEW_ARRAY ? names[kind] : NULL;
}

static char *put_integer(char *at, int64_t value)
{
        uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
        char digit[20];
        int count = 0;

        if (value < 0)
                *at++ = '-';
        do
                digit[count++] = (char)('0' + rest % 10);
        while (rest /= 10);
        while (count > 0)
                *at++ = digit[--count];
        return at;
}

static void write_counts(struct writer *writer, const struct site *site)
{
        const uint64_t values[] = {
                site_allocations(site),
                site_frees(site),
                site_count(site, SITE_RESIZES),
                site_count(site, WIRE_AGE_TEMPORARY),
                site_count(site, WIRE_AGE_TEMPORARY) + site_count(site, WIRE_AGE_1MS),
                site->requested,
                site_freed(site),
                site->allocated_usable,
                (uint64_t)site->live_blocks,
                (uint64_t)site->live_bytes,
                (uint64_t)site->live_usable,
                (uint64_t)site->peak_blocks,
                (uint64_t)site->peak_bytes,
                (uint64_t)site->peak_usable,
                (uint64_t)site->bytes_max,
        };

        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
                writer_integer(writer, values[i]);
}

enum { AGES_BYTES_MAX = SITE_AGES * 21 + 1 };

static void write_ages(const struct site *site, char *to)
{
        for (unsigned i = 0; i < SITE_AGES; i++) {
                if (i)
                        *to++ = ' ';
                to = put_integer(to, (int64_t)site_count(site, i));
        }
        *to = '\0';
}

static void write_site(struct writer *writer, const struct model *model, const struct catalog_site *row)
{
        const struct site *site = row->site;
        static const struct site_walk none;
        const struct site_walk *walk = site->walk ? site->walk : &none;
        bool allocates = site_allocations(site) || site_count(site, SITE_RESIZES);
        char ages[AGES_BYTES_MAX];

        write_ages(site, ages);
        writer_integer(writer, row->process->number);
        writer_integer(writer, row->stack + UINT64_C(1));
        writer_text(writer, tables_kind(site->kind));
        write_counts(writer, site);
        if (allocates) {
                writer_integer(writer, site->size_min);
                writer_integer(writer, site->size_max);
                writer_integer(writer, model_since_start(model, site->first_ns));
                writer_integer(writer, model_since_start(model, site->last_ns));
        } else {
                for (int i = 0; i < 4; i++)
                        writer_null(writer);
        }
        writer_text(writer, ages);
        writer_integer(writer, walk->pinned_bytes);
        writer_integer(writer, walk->pinning_blocks);
        writer_integer(writer, walk->pinned_slabs);
        writer_row(writer);
}

static void write_site_sample(struct writer *writer, uint64_t row, const struct site_sample *sample)
{
        if (!sample)
                return;
        writer_integer(writer, row);
        writer_integer(writer, sample->taken);
        writer_integer(writer, sample->requested_spread);
        writer_integer(writer, (uint64_t)sample->live_spread);
        writer_integer(writer, (uint64_t)sample->peak_spread);
        writer_integer(writer, sample->allocations_variance < 1e18 ? (uint64_t)sample->allocations_variance
                                                                   : UINT64_C(1) << 60);
        writer_row(writer);
}

enum { BIN_BYTES_MAX = 5 * 21 + 4 };

/* Numbers are signed in the profile, as in writer_integer. */
static char *put_bin(char *at, int64_t number, const struct site_bin *bin)
{
        const int64_t value[] = {number, (int64_t)bin->allocations, (int64_t)bin->frees, (int64_t)bin->requested,
                                 (int64_t)bin->freed};

        for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
                *at++ = i ? ',' : '[';
                at = put_integer(at, value[i]);
        }
        *at++ = ']';
        return at;
}

static void write_series(struct writer *writer, const struct model *model, const struct catalog *catalog)
{
        char *text = xmalloc(CLOCK_BINS_MAX * BIN_BYTES_MAX + 1);
        struct site_bin bin[CLOCK_BINS_MAX];

        writer_table(writer, "site_series");
        for (size_t i = 0; i < catalog->site_count; i++) {
                size_t count = site_bins_list(catalog->site[i].site->bins, bin);
                char *at = text;

                if (count == 0)
                        continue;
                for (size_t j = 0; j < count; j++) {
                        *at++ = j ? ',' : '[';
                        at = put_bin(at, model_site_bin(model, &bin[j]), &bin[j]);
                }
                *at++ = ']';
                *at = '\0';
                writer_integer(writer, i + 1);
                writer_text(writer, text);
                writer_row(writer);
        }
        free(text);
}

void tables_sites(struct writer *writer, const struct model *model, const struct catalog *catalog)
{
        writer_table(writer, "site");
        for (size_t i = 0; i < catalog->site_count; i++) {
                writer_integer(writer, i + 1);
                write_site(writer, model, &catalog->site[i]);
        }
        writer_table(writer, "site_sample");
        for (size_t i = 0; i < catalog->site_count; i++)
                write_site_sample(writer, i + 1, sampled_site(catalog->site[i].process, catalog->site[i].site));
        write_series(writer, model, catalog);
}
