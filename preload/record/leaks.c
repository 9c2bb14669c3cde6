/* What a scan for leaks asks of a record, and tells. */
#include "preload/record/frames.h"

bool recorder_counts(uint64_t record)
{
        return record & RECORDER_LIVE && !record_is_silent(record) && !record_is_inherited(record);
}

uint64_t recorder_birth_ns(uint64_t record)
{
        uint64_t since = frames.base_ns + frames_birth_ms((uint16_t)(record >> RECORDER_BIRTH_SHIFT)) * 1000000;

        return since > frames.start_ns ? since - frames.start_ns : 0;
}

uint64_t recorder_now_ns(void)
{
        return frames_now();
}

void recorder_leak(struct recorder *recorder, const struct wire_leak *leak)
{
        frames_room(recorder, 128);
        if (frames_begun(recorder))
                encode_leak(&recorder->encode, leak);
}

void recorder_leak_chain(struct recorder *recorder, const struct wire_leak_chain *chain)
{
        frames_room(recorder, 32 + WIRE_LINKS_MAX * 32);
        if (frames_begun(recorder))
                encode_leak_chain(&recorder->encode, chain);
}

void recorder_leak_scan(struct recorder *recorder, const struct wire_leak_scan *scan)
{
        frames_room(recorder, 256);
        if (frames_begun(recorder))
                encode_leak_scan(&recorder->encode, scan);
}
