/* Writes the seeds of the fuzzers: `make_seeds DIRECTORY`. Small streams that hold every event, several threads and
 * processes, a resize, a walk, a gap and damage; each is a good frame or stream to start changing from. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/input/raw_writer.h"
#include "tests/unit/analyzer/stream.h"

static struct stream stream;
static const char *directory;

static void write_seed(const char *name)
{
        char path[4096];
        FILE *file;

        stream_flush(&stream);
        snprintf(path, sizeof path, "%s/%s", directory, name);
        file = fopen(path, "w");
        if (!file || fwrite(stream.bytes, 1, stream.count, file) != stream.count || fclose(file)) {
                perror(path);
                exit(1);
        }
        stream_free(&stream);
        stream_init(&stream);
}

static void seed_every_event(void)
{
        const struct wire_pc pc[] = {{0x100010, 1}, {0x100020, 1}, {0x7fff0000, 0}};
        const struct wire_module module = {1, 0x100000,       0x110000, 0x100000, (const uint8_t *)"\1\2\3\4",
                                           4, "/bin/example", 12};
        struct encode *to;

        stream_process(&stream, 1, 0, 100);
        to = stream_to(&stream, 1, 1);
        encode_thread(to, &(struct wire_thread){101, "main", 4});
        encode_classes(to, &(struct wire_classes){4096, 3, {16, 32, 64}});
        encode_module(to, &module);
        encode_module_gone(to, 1, 0x100000);
        encode_stack(to, 1, 2, WIRE_STACK_TRUNCATED, pc, 3);
        encode_stack(to, 2, 0, 0, pc, 1);
        encode_alloc(to, WIRE_MALLOC, 1, 100);
        encode_tick(to, 1000);
        encode_free(to, WIRE_AGE_1MS, 1, 100);
        encode_lost(to, 5, 1);
        encode_pool(to, &(struct wire_pool){.slabs = 1, .slab_bytes = 65536, .requested = 16, .slabs_occupied = {1}});
        encode_usage(to, &(struct wire_usage){.mapped_bytes = 1 << 22, .stacks = 2});
        encode_resident(to, &(struct wire_resident){.rss = 1 << 20, .files = 1 << 19});
        encode_limits(to, &(struct wire_limits){.number = 1, .why = WIRE_LIMITS_SQUEEZED, .retain_bytes = 1 << 20});
        encode_purged(to,
                      &(struct wire_purged){.number = 1, .why = WIRE_PURGE_PRESSURE, .purges = 1, .bytes = 1 << 20});
        encode_live(to, &(struct wire_live){1, 1, 2, 3, 4, 5, 6});
        encode_walked(to, &(struct wire_walked){.blocks = 1, .bytes = 2, .threads = 1, .empty = {1, 2, 3, 4, 5}});
        encode_exit(to, &(struct wire_exit_event){.how = WIRE_EXIT_NORMAL, .time_ns = stream.time_ns});
        encode_thread_end(to);
        write_seed("every_event");
}

static void seed_blocks(void)
{
        for (uint32_t i = 0; i < 40; i++) {
                struct encode *to = stream_to(&stream, 1, 1 + i % 2);

                encode_alloc(to, (enum wire_alloc_kind)(i % 6), 1 + i % 5, i * 7);
                if (i % 3 == 0)
                        encode_free(to, (enum wire_age)(i % 16), 1 + i % 5, i * 7);
                stream.time_ns += 100000 * i;
        }
        write_seed("blocks");
}

static void seed_resize(void)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_MALLOC, 1, 10);
        encode_free(to, WIRE_AGE_RESIZED, 1, 10);
        encode_alloc(to, WIRE_RESIZED, 2, 20);
        write_seed("resize");
}

static void seed_forks(void)
{
        stream_process(&stream, 1, 0, 100);
        stream_module(&stream, 1, 0x100000, "/bin/example");
        stream_stack(&stream, 1, 1, 0, 0x100010);
        stream_process(&stream, 2, 1, 200);
        encode_alloc(stream_to(&stream, 2, 1), WIRE_NEW, 1, 10);
        encode_free(stream_to(&stream, 2, 1), WIRE_AGE_INHERITED, 1, 10);
        write_seed("forks");
}

static void seed_walk(void)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        encode_alloc(stream_to(&stream, 1, 2), WIRE_MALLOC, 2, 10);
        encode_live(stream_to(&stream, 1, 1), &(struct wire_live){1, 1, 10, 16, 500, 1, 1});
        encode_walked(stream_to(&stream, 1, 1), &(struct wire_walked){.blocks = 1});
        encode_free(stream_to(&stream, 1, 1), WIRE_AGE_1S, 1, 10);
        write_seed("walk");
}

static void seed_errors(void)
{
        for (uint32_t i = 0; i < 24; i++)
                encode_error(stream_to(&stream, 1, 1), &(struct wire_error){.kind = i / 2,
                                                                            .call = i % 5,
                                                                            .place = i % 4,
                                                                            .alloc_kind = i % 8,
                                                                            .stack = i / 4,
                                                                            .alloc_stack = i % 3,
                                                                            .free_stack = i % 2,
                                                                            .address = 0x100000 + i,
                                                                            .size = i});
        for (uint32_t i = 0; i < 6; i++)
                encode_guarded(stream_to(&stream, 1, 1), &(struct wire_guarded){i * 16, i, i / 2, i / 3, 0x1000, 100});
        stream_module(&stream, 1, 0x100000, "/bin/example");
        write_seed("errors");
}

static void seed_leaks(void)
{
        for (uint32_t i = 0; i < 24; i++)
                encode_leak(stream_to(&stream, 1, 1),
                            &(struct wire_leak){1 + i / 8, i % 5, i % 4, i % 3, i % 8, i, i * 10, i * 16, i, i * 100});
        for (uint32_t i = 0; i < 4; i++) {
                encode_leak_chain(stream_to(&stream, 1, 1),
                                  &(struct wire_leak_chain){
                                          i, i, i, {{i, 1, 0x100010, 0}, {5, i, 100, 8}, {6, 0, 0, 0}, {5, 1, 2, 3}}});
                encode_leak_scan(stream_to(&stream, 1, 1), &(struct wire_leak_scan){.number = i, .why = i, .flags = i});
        }
        encode_suppressions(stream_to(&stream, 1, 1), "leak:f\n", 7);
        stream_module(&stream, 1, 0x100000, "/bin/example");
        write_seed("leaks");
}

static void seed_gap(void)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        stream_skip(&stream, 1, 1, 5);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        stream.sequence[1][1] = 3;
        stream_flush(&stream);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        write_seed("gap");
}

static void seed_damage(void)
{
        for (uint32_t i = 0; i < 5; i++) {
                encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, i, 10);
                stream_flush(&stream);
        }
        stream.bytes[stream.count / 2] = 0xff;
        write_seed("damage");
}

/* Blocks that come and go by resizes, too, and a walk. */
static void seed_sample(void)
{
        encode_sampling(stream_to(&stream, 1, 1), 4096);
        for (uint32_t i = 1; i < 20; i++) {
                struct encode *to = stream_to(&stream, 1, 1);
                uint64_t size = wire_sampled_size(i * 100, (i * 100 + 15) / 16 * 16);

                encode_alloc(to, i % 5 ? WIRE_MALLOC : WIRE_RESIZED, i % 3, size);
                if (i % 2)
                        encode_free(to, i % 7 ? WIRE_AGE_10MS : WIRE_AGE_RESIZED, i % 3, size);
                stream.time_ns += 1000000 * i;
        }
        encode_live(stream_to(&stream, 1, 1), &(struct wire_live){1, 2, 1000, 1600, 0, 0, 0});
        encode_walked(stream_to(&stream, 1, 1), &(struct wire_walked){.blocks = 2, .bytes = 1000});
        write_seed("sample");
}

static void nobody_waits(void *context)
{
        (void)context;
}

static void write_frames(struct raw_writer *writer)
{
        for (size_t at = 0, bytes; at < stream.count; at += bytes) {
                bytes = stream.bytes[at] | (size_t)stream.bytes[at + 1] << 8;
                raw_writer_frame(writer, stream.bytes + at, bytes);
        }
}

/* Two parts, of many frames that are all the same. */
static void seed_raw_file(void)
{
        struct raw_writer *writer = raw_writer_open(nobody_waits, NULL);
        char path[4096];

        snprintf(path, sizeof path, "%s/raw_file", directory);
        raw_writer_start(writer, open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666), 0);
        for (uint32_t i = 0; i < 300; i++) {
                encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1 + i % 5, i * 7);
                encode_free(stream_to(&stream, 1, 1), WIRE_AGE_1MS, 1 + i % 5, i * 7);
        }
        stream_flush(&stream);
        for (size_t bytes = 0; bytes <= RAW_PART_FRAME_BYTES; bytes += stream.count)
                write_frames(writer);
        raw_writer_note(writer, &(struct raw_note){RAW_END, {0, 0}});
        if (raw_writer_close(writer) != 0) {
                perror(path);
                exit(1);
        }
        stream_free(&stream);
        stream_init(&stream);
}

int main(int argc, char **argv)
{
        if (argc != 2) {
                fputs("usage: make_seeds DIRECTORY\n", stderr);
                return 2;
        }
        directory = argv[1];
        stream_init(&stream);
        seed_every_event();
        seed_blocks();
        seed_resize();
        seed_forks();
        seed_walk();
        seed_errors();
        seed_leaks();
        seed_gap();
        seed_damage();
        seed_sample();
        seed_raw_file();
        stream_free(&stream);
        return 0;
}
