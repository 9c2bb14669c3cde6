/* Writes a stream to standard output as a small traced program would: this program's own code as the module, a few
 * stacks in it, a million events, the walk and the last words. `make_stream EVENTS`; for trying and measuring the
 * analyzer without a preload. */
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/analyzer/stream.h"

enum { STACKS = 5, LIVE_MAX = 1000 };

static void first_function(void)
{
        puts("first");
}

static void second_function(void)
{
        puts("second");
}

static int send_module(struct dl_phdr_info *info, size_t bytes, void *context)
{
        struct stream *stream = context;
        char exe[WIRE_STRING_BYTES_MAX] = "";
        struct wire_module module = {.generation = 1, .bias = info->dlpi_addr, .start = UINT64_MAX};

        (void)bytes;
        for (int i = 0; i < info->dlpi_phnum; i++) {
                uint64_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
                uint64_t end = start + info->dlpi_phdr[i].p_memsz;

                if (info->dlpi_phdr[i].p_type != PT_LOAD)
                        continue;
                module.start = start < module.start ? start : module.start;
                module.end = end > module.end ? end : module.end;
        }
        module.path = info->dlpi_name;
        if (!*info->dlpi_name && readlink("/proc/self/exe", exe, sizeof exe - 1) > 0)
                module.path = exe;
        module.path_bytes = strlen(module.path);
        encode_module(stream_to(stream, 1, 1), &module);
        return 0;
}

static void send_events(struct stream *stream, unsigned long events)
{
        uint32_t stack[LIVE_MAX];
        uint64_t size[LIVE_MAX];
        unsigned long live = 0, random = 1;

        for (unsigned long i = 0; i < events; i++) {
                random = random * 6364136223846793005 + 1442695040888963407;
                struct encode *encode = stream_to(stream, 1, 1 + (uint32_t)(random >> 60) / 12);

                if (i % 100 == 0) {
                        stream->time_ns += 20000;
                        encode_tick(encode, 20);
                }
                if (live < LIVE_MAX && (live == 0 || random >> 63)) {
                        stack[live] = 1 + (uint32_t)(random >> 33) % STACKS;
                        size[live] = (random >> 40) % 8 * 24;
                        encode_alloc(encode, WIRE_MALLOC, stack[live], size[live]);
                        live++;
                } else {
                        unsigned long victim = (random >> 20) % live;

                        encode_free(encode, WIRE_AGE_1MS, stack[victim], size[victim]);
                        live--;
                        stack[victim] = stack[live];
                        size[victim] = size[live];
                }
        }
        for (unsigned long i = 0; i < live; i++)
                encode_live(stream_to(stream, 1, 1), &(struct wire_live){stack[i], 1, size[i], size[i], 0, 0, 0});
        encode_walked(stream_to(stream, 1, 1), &(struct wire_walked){.blocks = live, .threads = 2});
}

int main(int argc, char **argv)
{
        static struct stream stream;
        unsigned long events = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
        const uint64_t code[STACKS] = {(uint64_t)first_function, (uint64_t)second_function, (uint64_t)main,
                                       (uint64_t)send_events, (uint64_t)stream_to};

        stream_init(&stream);
        stream_process(&stream, 1, 0, (uint32_t)getpid());
        dl_iterate_phdr(send_module, &stream);
        for (uint32_t i = 0; i < STACKS; i++) {
                const struct wire_pc frames[] = {{code[i] + 8, 1}, {(uint64_t)main + 20, 1}};

                encode_stack(stream_to(&stream, 1, 1), i + 1, 0, 0, frames, 2);
        }
        send_events(&stream, events);
        encode_exit(stream_to(&stream, 1, 1),
                    &(struct wire_exit_event){.how = WIRE_EXIT_NORMAL, .time_ns = stream.time_ns + 1000});
        stream_flush(&stream);
        fwrite(stream.bytes, 1, stream.count, stdout);
        stream_free(&stream);
        return 0;
}
