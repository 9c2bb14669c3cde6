/* A list of chunks, each at least twice as large as what it was made for. */
#include "analyzer/findings/arena.h"

#include "analyzer/xalloc.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
        struct arena_chunk *next;
        size_t used, bytes;
        alignas(max_align_t) char data[];
};

enum { CHUNK_BYTES = 32 * 1024 };

void *arena_alloc(struct arena *arena, size_t bytes)
{
        struct arena_chunk *chunk = arena->chunk;

        bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
        if (!chunk || bytes > chunk->bytes - chunk->used) {
                size_t room = bytes > CHUNK_BYTES / 2 ? bytes * 2 : CHUNK_BYTES;

                chunk = xcalloc(1, sizeof *chunk + room);
                chunk->bytes = room;
                chunk->next = arena->chunk;
                arena->chunk = chunk;
        }
        chunk->used += bytes;
        return chunk->data + chunk->used - bytes;
}

const char *arena_text(struct arena *arena, const char *text)
{
        if (!text)
                return NULL;

        size_t bytes = strlen(text) + 1;

        return memcpy(arena_alloc(arena, bytes), text, bytes);
}

const char *arena_format(struct arena *arena, const char *format, va_list arguments)
{
        va_list again;

        va_copy(again, arguments);
        int bytes = vsnprintf(NULL, 0, format, again);
        va_end(again);

        char *text = arena_alloc(arena, (size_t)(bytes < 0 ? 0 : bytes) + 1);

        vsnprintf(text, (size_t)(bytes < 0 ? 0 : bytes) + 1, format, arguments);
        return text;
}

void arena_free(struct arena *arena)
{
        while (arena->chunk) {
                struct arena_chunk *next = arena->chunk->next;

                free(arena->chunk);
                arena->chunk = next;
        }
}

void arena_join(struct arena *arena, struct arena *from)
{
        struct arena_chunk **end = &arena->chunk;

        while (*end)
                end = &(*end)->next;
        *end = from->chunk;
        from->chunk = NULL;
}
