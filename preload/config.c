/* Reading and cleaning the environment, without getenv: the C library has not seen it yet. */
#include "preload/config.h"

#include <stdint.h>
#include <string.h>

#include "wire/weight.h"

enum { DEBUG_QUARANTINE_BYTES = 16 << 20 };

struct config config = {.stall_ms = 10000};

static const char *value_of(const char *entry, const char *name)
{
        size_t bytes = strlen(name);

        return strncmp(entry, name, bytes) == 0 && entry[bytes] == '=' ? entry + bytes + 1 : NULL;
}

static unsigned number_of(const char *text, unsigned otherwise)
{
        unsigned number = 0;

        if (!*text)
                return otherwise;
        for (; *text; text++) {
                if (*text < '0' || *text > '9' || number > 100000000)
                        return otherwise;
                number = number * 10 + (unsigned)(*text - '0');
        }
        return number;
}

/* A number of bytes, perhaps with K, M, G or T for binary units. */
static size_t bytes_of(const char *text, size_t otherwise)
{
        static const char units[] = "KMGT";
        size_t digits = strspn(text, "0123456789"), bytes = 0;
        const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;

        if (!digits || digits > 15 || (text[digits] && (!unit || text[digits + 1])))
                return otherwise;
        for (size_t i = 0; i < digits; i++)
                bytes = bytes * 10 + (size_t)(text[i] - '0');
        for (; unit && unit >= units; unit--)
                bytes = bytes < SIZE_MAX / 1024 / 2 ? bytes * 1024 : SIZE_MAX / 2;
        return bytes;
}

/* A time, in ms. */
static unsigned time_of(const char *text, unsigned otherwise)
{
        static const struct {
                const char *name;
                unsigned ms;
        } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"h", 3600000}};
        size_t digits = strspn(text, "0123456789");
        unsigned number = 0;

        if (!digits || digits > 6)
                return otherwise;
        for (size_t i = 0; i < digits; i++)
                number = number * 10 + (unsigned)(text[i] - '0');
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
                if (strcmp(text + digits, units[i].name) == 0)
                        return number < UINT32_MAX / units[i].ms ? number * units[i].ms : otherwise;
        return otherwise;
}

/* A real-time signal, by number or from either end of those that programs may use. */
static unsigned signal_of(const char *text)
{
        enum { FIRST = 34, LAST = 64 };
        unsigned number;

        if (strncmp(text, "SIG", 3) == 0)
                text += 3;
        if (strncmp(text, "RTMIN", 5) == 0)
                number = FIRST + (text[5] == '+' ? number_of(text + 6, LAST) : text[5] ? LAST + 1 : 0);
        else if (strncmp(text, "RTMAX", 5) == 0)
                number = LAST - (text[5] == '-' ? number_of(text + 6, LAST) : text[5] ? LAST : 0);
        else
                number = number_of(text, 0);
        return number >= FIRST && number <= LAST ? number : 0;
}

/* The scan for leaks. False: the entry is about something else. */
static bool config_leak_entry(const char *entry)
{
        const char *value;

        if ((value = value_of(entry, "HEAPTAP_LEAK_CHECK")))
                config.leak_check_off = strcmp(value, "off") == 0;
        else if ((value = value_of(entry, "HEAPTAP_LEAK_CHECK_EVERY")))
                config.leak_every_ms = time_of(value, 0);
        else if ((value = value_of(entry, "HEAPTAP_LEAK_SIGNAL")))
                config.leak_signal = signal_of(value);
        else if ((value = value_of(entry, "HEAPTAP_STOP")))
                config.leak_ptrace = strcmp(value, "ptrace") == 0;
        else if ((value = value_of(entry, "HEAPTAP_WHO")))
                config.leak_who = strcmp(value, "1") == 0;
        else
                return false;
        return true;
}

static void limits_entry(const char *entry)
{
        const char *value;

        if ((value = value_of(entry, "HEAPTAP_RETAIN")))
                config.retain_bytes = bytes_of(value, config.retain_bytes);
        else if ((value = value_of(entry, "HEAPTAP_RETAIN_MOST")))
                config.most_bytes = bytes_of(value, config.most_bytes);
        else if ((value = value_of(entry, "HEAPTAP_DECAY_MS")))
                config.decay_ms = number_of(value, config.decay_ms);
        else if ((value = value_of(entry, "HEAPTAP_GOVERNOR")))
                config.ungoverned = strcmp(value, "off") == 0;
        else if ((value = value_of(entry, "HEAPTAP_PRESSURE_ROOT")) && strlen(value) < sizeof config.pressure_root)
                strcpy(config.pressure_root, value);
}

/* What looks for errors. False: the entry is about something else. */
static bool config_check_entry(const char *entry)
{
        const char *value;

        if ((value = value_of(entry, "HEAPTAP_DEBUG")))
                config.debug = strcmp(value, "1") == 0;
        else if ((value = value_of(entry, "HEAPTAP_CANARIES")))
                config.canaries = strcmp(value, "1") == 0;
        else if ((value = value_of(entry, "HEAPTAP_ENCODE_LINKS")))
                config.encode_links = strcmp(value, "1") == 0;
        else if ((value = value_of(entry, "HEAPTAP_FILL")))
                config.fill = strcmp(value, "zero") == 0   ? CONFIG_FILL_ZERO
                              : strcmp(value, "junk") == 0 ? CONFIG_FILL_JUNK
                                                           : CONFIG_FILL_NONE;
        else if ((value = value_of(entry, "HEAPTAP_QUARANTINE")))
                config.quarantine_bytes = bytes_of(value, 0);
        else if ((value = value_of(entry, "HEAPTAP_GUARD")))
                config.guard = number_of(value, 0);
        else if ((value = value_of(entry, "HEAPTAP_ON_ERROR")))
                config.abort_on_error = strcmp(value, "abort") == 0;
        else
                return false;
        return true;
}

/* A preset: what is asked for by itself stays. */
static void config_debug(void)
{
        if (!config.debug)
                return;
        config.canaries = true;
        if (config.fill == CONFIG_FILL_NONE)
                config.fill = CONFIG_FILL_JUNK;
        if (!config.quarantine_bytes)
                config.quarantine_bytes = DEBUG_QUARANTINE_BYTES;
}

static void config_sample(const char *value)
{
        size_t bytes = bytes_of(value, 0);

        config.sample_rate = bytes < WIRE_SAMPLE_RATE_MAX ? (unsigned)bytes : WIRE_SAMPLE_RATE_MAX;
}

static void config_entry(const char *entry)
{
        const char *value;

        if (config_check_entry(entry) || config_leak_entry(entry))
                return;
        if ((value = value_of(entry, "HEAPTAP_PIPE")) && strlen(value) < sizeof config.pipe)
                strcpy(config.pipe, value);
        else if ((value = value_of(entry, "HEAPTAP_TRACE")))
                config.trace = strcmp(value, "off") == 0 ? CONFIG_TRACE_OFF : CONFIG_TRACE_FULL;
        else if ((value = value_of(entry, "HEAPTAP_FOLLOW")))
                config.follow = strcmp(value, "1") == 0;
        else if ((value = value_of(entry, "HEAPTAP_DROP")))
                config.drop = strcmp(value, "1") == 0;
        else if ((value = value_of(entry, "HEAPTAP_STACK_DEPTH")))
                config.stack_depth = number_of(value, 0);
        else if ((value = value_of(entry, "HEAPTAP_STALL_MS")))
                config.stall_ms = number_of(value, config.stall_ms);
        else if ((value = value_of(entry, "HEAPTAP_SAMPLE")))
                config_sample(value);
        else if ((value = value_of(entry, "HEAPTAP_UNWIND")))
                config.unwind = strcmp(value, "libunwind") == 0    ? CONFIG_UNWIND_LIBUNWIND
                                : strcmp(value, "verify") == 0     ? CONFIG_UNWIND_VERIFY
                                : strcmp(value, "verify-all") == 0 ? CONFIG_UNWIND_VERIFY_ALL
                                                                   : CONFIG_UNWIND_OWN;
        else
                limits_entry(entry);
}

/* Takes the library out of a list separated by colons or blanks. False: nothing is left. */
static bool list_without(char *list, const char *library)
{
        char *to = list;
        size_t library_bytes = strlen(library);

        for (char *from = list; *from;) {
                size_t bytes = strcspn(from, ": ");
                bool ours = bytes == library_bytes && memcmp(from, library, bytes) == 0;

                if (bytes && !ours) {
                        if (to != list)
                                *to++ = ':';
                        memmove(to, from, bytes);
                        to += bytes;
                }
                from += bytes;
                from += *from != '\0';
        }
        *to = '\0';
        return to != list;
}

void config_read(char **environment, const char *library)
{
        char **to = environment;

        config.trace = CONFIG_TRACE_FULL;
        for (char **from = environment; *from; from++)
                config_entry(*from);
        config_debug();
        if (!config.pipe[0])
                config.trace = CONFIG_TRACE_NONE;
        if (config.trace != CONFIG_TRACE_FULL)
                config.sample_rate = 0;
        if (config.follow || config.trace == CONFIG_TRACE_NONE)
                return;
        for (char **from = environment; *from; from++) {
                char *list = (char *)value_of(*from, "LD_PRELOAD");

                if (strncmp(*from, "HEAPTAP_", 8) == 0 || (list && !list_without(list, library)))
                        continue;
                *to++ = *from;
        }
        *to = NULL;
}
