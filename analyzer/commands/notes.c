/* Notes into the model and the facts of the store. */
#include "analyzer/commands/notes.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(clockid_t clock)
{
        struct timespec now;

        clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

struct raw_note note_of_clocks(void)
{
        return (struct raw_note){RAW_CLOCKS, {now_ns(CLOCK_REALTIME), now_ns(CLOCK_MONOTONIC)}};
}

struct raw_note note_of_machine(void)
{
        return (struct raw_note){RAW_MACHINE, {(uint64_t)sysconf(_SC_NPROCESSORS_ONLN)}};
}

/* As bytes, whatever the order of the machine's. */
struct raw_note note_of_host(void)
{
        struct raw_note note = {.kind = RAW_HOST};
        char host[8 * RAW_NOTE_VALUES + 1] = "";

        gethostname(host, sizeof host - 1);
        for (size_t i = 0; i < RAW_NOTE_VALUES; i++)
                note.value[i] = raw_get_64((const uint8_t *)host + 8 * i);
        return note;
}

/* What the kernel says is resident of a process now, and at most was. False: it is gone. */
static bool resident_bytes(uint32_t pid, uint64_t *ret_bytes, uint64_t *ret_peak)
{
        char path[64], line[256];
        unsigned long long kib;
        FILE *file;

        snprintf(path, sizeof path, "/proc/%u/status", pid);
        file = fopen(path, "re");
        if (!file)
                return false;
        *ret_bytes = *ret_peak = 0;
        while (fgets(line, sizeof line, file)) {
                if (sscanf(line, "VmHWM: %llu", &kib) == 1)
                        *ret_peak = kib * 1024;
                else if (sscanf(line, "VmRSS: %llu", &kib) == 1)
                        *ret_bytes = kib * 1024;
        }
        fclose(file);
        return true;
}

struct raw_note note_of_resident(const struct process *process)
{
        uint64_t time_ns = now_ns(CLOCK_MONOTONIC), bytes, peak;

        if (resident_bytes(process->pid, &bytes, &peak))
                return (struct raw_note){RAW_RESIDENT, {process->number, time_ns, bytes, peak}};
        return (struct raw_note){RAW_GONE, {process->number}};
}

static void take_of_process(struct model *model, const struct raw_note *note)
{
        struct process *process = model_process(model, (uint32_t)note->value[0]);

        if (!process)
                return; /* its frames are missing */
        if (note->kind == RAW_GONE)
                process->gone = true;
        else if (note->kind == RAW_RUNNING)
                process->running = true;
        else if (note->value[2])
                model_rss(model, process, note->value[1], note->value[2], note->value[3]);
}

static void take_exited(struct notes *notes, const uint64_t *value)
{
        notes->facts.exit_known = true;
        notes->facts.exit_status = (int)(value[0] & 0xff);
        notes->facts.exit_signal = (int)(value[1] & 0x7f);
        notes->exited = true;
        notes->exited_rss_bytes = value[2];
        notes->exited_user_us = value[3];
        notes->exited_system_us = value[4];
}

void notes_take(struct notes *notes, struct model *model, const struct raw_note *note)
{
        switch (note->kind) {
        case RAW_MACHINE:
                notes->facts.cpus = note->value[0];
                break;
        case RAW_HOST:
                for (size_t i = 0; i < RAW_NOTE_VALUES; i++)
                        raw_put_64((uint8_t *)notes->host + 8 * i, note->value[i]);
                break;
        case RAW_CLOCKS:
                notes->realtime_ns = note->value[0];
                notes->monotonic_ns = note->value[1];
                break;
        case RAW_RESIDENT:
        case RAW_GONE:
        case RAW_RUNNING:
                take_of_process(model, note);
                break;
        case RAW_EXITED:
                take_exited(notes, note->value);
                break;
        case RAW_END:
                notes->facts.interrupted = note->value[0] != 0;
                notes->facts.damages = note->value[1];
                model->frames_unshared = note->value[2];
                break;
        default: /* of a later version */
                break;
        }
}

/* The supervisor's peak counts reaped children too, so samples are better, if there are any: a short run has none. */
void notes_finish(struct notes *notes, struct model *model)
{
        struct process *main = model_main(model);

        notes->facts.host = notes->host;
        if (notes->realtime_ns && main->told)
                notes->facts.start_unix_ns = notes->realtime_ns - (notes->monotonic_ns - main->start_ns);
        if (!notes->exited || !notes->exited_rss_bytes)
                return;
        if (!main->rss_max)
                main->rss_max = notes->exited_rss_bytes;
        main->cpu_known = true;
        main->cpu_user_us = notes->exited_user_us;
        main->cpu_system_us = notes->exited_system_us;
}
