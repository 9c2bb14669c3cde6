/* The kernel says how much of each mapping is resident (smaps). It also makes one mapping of what the program and the
 * pools have mapped side by side; there, pages are looked at one by one: with PAGEMAP_SCAN, which tells the page of
 * zeros that every untouched page shows to a reader from memory, or from pagemap, which does not. */
#include "analyzer/input/resident.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyzer/xalloc.h"
#include "wire/session.h"

enum { REGIONS = 512, ENTRIES = 4096 };

/* Linux 6.7 and later, as in its linux/fs.h. */
struct scan_region {
        uint64_t start, end, categories;
};
struct scan {
        uint64_t size, flags, start, end, walk_end, regions, region_count, pages_max;
        uint64_t inverted, all_of, any_of, returned;
};
#define SCAN_PAGES _IOWR('f', 16, struct scan)
enum { SCAN_PRESENT = 1 << 3, SCAN_ZEROS = 1 << 5 };
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)

struct mapping {
        uint64_t start, end, resident;
        uint64_t *kind; /* where what lies outside of all ranges is counted; NULL: this is no mapping */
};

struct resident {
        struct session_range *range;
        size_t range_count, at; /* at: ranges before it lie below what is looked at */
        uint64_t *words;
        int pagemap;
        bool no_scan;
        struct session_measure sum;
        bool mapped; /* the shared file is */
};

static void set_bits(uint64_t *words, uint64_t first, uint64_t end)
{
        for (uint64_t i = first; i < end; i++)
                words[i / 64] |= UINT64_C(1) << (i % 64);
}

/* Pages that are resident, one after the other. */
static void take_run(struct resident *resident, const struct mapping *mapping, uint64_t start, uint64_t end)
{
        while (start < end) {
                struct session_range *range = &resident->range[resident->at];

                if (resident->at == resident->range_count || range->start >= end) {
                        *mapping->kind += end - start;
                        return;
                }
                if (range->end <= start) {
                        resident->at++;
                        continue;
                }
                if (range->start > start) {
                        *mapping->kind += range->start - start;
                        start = range->start;
                }

                uint64_t stop = end < range->end ? end : range->end;

                range->pages += (uint32_t)((stop - start) / SESSION_PAGE_BYTES);
                if (range->word != SESSION_NO_WORDS)
                        set_bits(resident->words + range->word, (start - range->start) / SESSION_PAGE_BYTES,
                                 (stop - range->start) / SESSION_PAGE_BYTES);
                start = stop;
        }
}

static bool scan_pages(struct resident *resident, const struct mapping *mapping)
{
        struct scan_region region[REGIONS];
        struct scan scan = {
                .size = sizeof scan,
                .start = mapping->start,
                .end = mapping->end,
                .regions = (uint64_t)(uintptr_t)region,
                .region_count = REGIONS,
                .inverted = SCAN_ZEROS,
                .all_of = SCAN_PRESENT | SCAN_ZEROS,
                .returned = SCAN_PRESENT,
        };

        while (scan.start < scan.end) {
                int count = ioctl(resident->pagemap, SCAN_PAGES, &scan);

                if (count < 0)
                        return false;
                for (int i = 0; i < count; i++)
                        take_run(resident, mapping, region[i].start, region[i].end);
                scan.start = scan.walk_end;
        }
        return true;
}

static void read_pages(struct resident *resident, const struct mapping *mapping)
{
        static uint64_t entry[ENTRIES];
        uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), at = mapping->start;

        while (at < mapping->end) {
                uint64_t left = (mapping->end - at) / page_bytes, most = left < ENTRIES ? left : ENTRIES;
                ssize_t bytes = pread(resident->pagemap, entry, most * 8, (off_t)(at / page_bytes * 8));

                if (bytes < 8)
                        return;
                for (ssize_t i = 0; i < bytes / 8; i++, at += page_bytes)
                        if (entry[i] & PAGEMAP_PRESENT)
                                take_run(resident, mapping, at, at + page_bytes);
        }
}

static void take_mapping(struct resident *resident, const struct mapping *mapping)
{
        const struct session_range *range;

        if (!mapping->kind || !mapping->resident)
                return;
        resident->sum.rss += mapping->resident;
        while (resident->at < resident->range_count && resident->range[resident->at].end <= mapping->start)
                resident->at++;
        range = &resident->range[resident->at];
        if (resident->at == resident->range_count || range->start >= mapping->end) {
                *mapping->kind += mapping->resident;
                return;
        }
        if (!resident->no_scan)
                resident->no_scan = !scan_pages(resident, mapping);
        if (resident->no_scan) /* an old kernel says so at its first mapping, before anything was counted */
                read_pages(resident, mapping);
}

/* Mappings of devices and of the kernel's own pages are not counted as resident, so their smaps say 0. */
static uint64_t *kind_of(struct resident *resident, const char *path)
{
        if (*path == '/')
                return &resident->sum.files;
        return strncmp(path, "[stack]", 7) == 0 ? &resident->sum.stack : &resident->sum.anonymous;
}

static void read_smaps(struct resident *resident, FILE *smaps, ino_t inode)
{
        struct mapping mapping = {.kind = NULL};
        char *line = NULL;
        size_t line_bytes = 0;

        while (getline(&line, &line_bytes, smaps) > 0) {
                unsigned long long start, end, file, kib;
                int path = 0;

                if (sscanf(line, "%llx-%llx %*s %*s %*s %llu %n", &start, &end, &file, &path) == 3) {
                        take_mapping(resident, &mapping);
                        mapping = (struct mapping){start, end, 0, kind_of(resident, line + path)};
                        resident->mapped |= file == inode;
                } else if (sscanf(line, "Rss: %llu kB", &kib) == 1) {
                        mapping.resident = kib * 1024;
                }
        }
        take_mapping(resident, &mapping);
        free(line);
}

/* Whatever is in shared memory can change at any time: what was checked is what is used. */
static struct session_range *copy_ranges(void *base, size_t count)
{
        struct session_range *range = xcalloc(count + 1, sizeof *range);
        uint64_t below = 0;

        memcpy(range, session_ranges(base), count * sizeof *range);
        for (size_t i = 0; i < count; i++) {
                uint64_t pages = (range[i].end - range[i].start) / SESSION_PAGE_BYTES, words = (pages + 63) / 64;
                bool sane = range[i].start >= below && range[i].end > range[i].start &&
                            range[i].start % SESSION_PAGE_BYTES == 0 && range[i].end % SESSION_PAGE_BYTES == 0;

                if (!sane || (range[i].word != SESSION_NO_WORDS &&
                              (range[i].word > SESSION_PAGE_WORDS || words > SESSION_PAGE_WORDS - range[i].word))) {
                        free(range);
                        return NULL;
                }
                below = range[i].end;
                range[i].pages = 0;
                if (range[i].word != SESSION_NO_WORDS)
                        memset(session_page_words(base) + range[i].word, 0, words * sizeof(uint64_t));
        }
        return range;
}

static FILE *open_proc(uint32_t pid, int *ret_pagemap)
{
        char path[64];
        FILE *smaps;

        snprintf(path, sizeof path, "/proc/%u/pagemap", pid);
        *ret_pagemap = open(path, O_RDONLY | O_CLOEXEC);
        if (*ret_pagemap < 0)
                return NULL;
        snprintf(path, sizeof path, "/proc/%u/smaps", pid);
        smaps = fopen(path, "re");
        if (!smaps)
                close(*ret_pagemap);
        return smaps;
}

bool resident_answer(uint32_t pid, ino_t inode, void *base)
{
        struct session_measure *measure = session_measure(base);
        struct resident resident = {.range_count = measure->range_count, .words = session_page_words(base)};
        FILE *smaps;

        if (resident.range_count > SESSION_RANGES || !(resident.range = copy_ranges(base, resident.range_count)))
                return false;
        smaps = open_proc(pid, &resident.pagemap);
        if (smaps) {
                read_smaps(&resident, smaps, inode);
                fclose(smaps);
                close(resident.pagemap);
        }
        if (resident.mapped) {
                measure->rss = resident.sum.rss;
                measure->files = resident.sum.files;
                measure->stack = resident.sum.stack;
                measure->anonymous = resident.sum.anonymous;
                for (size_t i = 0; i < resident.range_count; i++)
                        session_ranges(base)[i].pages = resident.range[i].pages;
        }
        free(resident.range);
        return resident.mapped;
}
