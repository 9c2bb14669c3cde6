/* The profile: what the model and the catalog hold, with symbols, as one SQLite file (schema.sql). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "analyzer/model/catalog.h"

struct store_suppressions {
        const char *source, *text;
};

/* What only the reader knows. */
struct store_facts {
        bool exit_known; /* how the main program ended */
        int exit_status, exit_signal;
        bool interrupted;       /* processes still ran when reading ended */
        uint64_t damages;       /* times the stream could not be cut into frames */
        uint64_t start_unix_ns; /* 0: not known */
        uint64_t cpus;
        const char *host;
        uint64_t parts_missing, part_frames_missing;   /* of the raw file that was read: at least so many frames */
        bool cut;                                      /* its end is missing */
        const struct store_suppressions *suppressions; /* that the run was given */
        size_t suppressions_count;
        bool costs; /* say what the analysis took: not of a file, which gives the same profile every time */
};

/* Writes to an empty file. False: ret_trouble says why, and is to be freed. */
bool store_write(const char *path, const struct model *model, const struct catalog *catalog,
                 const struct store_facts *facts, char **ret_trouble);

#endif
