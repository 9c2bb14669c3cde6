/* Walks the C library's lists of stacks. */
#define _GNU_SOURCE
#include "preload/leaks/pthreads.h"

#include <dlfcn.h>

#include "preload/platform.h"

enum {
        PAGE_BYTES = 4096,
        PTHREADS_MAX = 1 << 20,   /* a list that goes on longer goes in circles */
        CANCEL_TERMINATED = 0x20, /* in cancelhandling: its stack was given back (nptl/descr.h, TERMINATED_BITMASK) */
};

#define STACK_START_MIN UINT64_C(0x10000) /* what is mapped lies above */
#define STACK_BYTES_MAX (UINT64_C(1) << 40)

/* A field of a struct of the C library's (nptl_db/db_info.c): its size in bits, how many, and its offset in bytes. */
struct field {
        uint32_t bits, count, offset;
};

struct list {
        const struct list *next, *prev;
};

static struct {
        const struct list *used, *user, *cached; /* heads; used NULL: not known */
        uint32_t list, tid, cancel, dtv;         /* offsets in struct pthread */
        uint32_t bytes;                          /* of struct pthread */
        size_t tls_bytes;                        /* static TLS of a thread, with the struct; 0: not known */
} known;

static bool field_read(const char *name, uint32_t *ret_offset)
{
        const struct field *field = dlsym(RTLD_DEFAULT, name);

        if (field)
                *ret_offset = field->offset;
        return field != NULL;
}

static void tls_bytes_read(void)
{
        void (*ask)(size_t * bytes, size_t * alignment) =
                (void (*)(size_t *, size_t *))dlsym(RTLD_DEFAULT, "_dl_get_tls_static_info");
        size_t alignment;

        if (ask)
                ask(&known.tls_bytes, &alignment);
}

static bool is_empty_or_whole(const struct list *head)
{
        return head->next && head->prev && head->next->prev == head && head->prev->next == head;
}

bool pthreads_open(void)
{
        const char *global = dlsym(RTLD_DEFAULT, "_rtld_global");
        const uint32_t *bytes = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");
        uint32_t used, user;

        if (!global || !bytes || !field_read("_thread_db_rtld_global__dl_stack_used", &used) ||
            !field_read("_thread_db_rtld_global__dl_stack_user", &user) ||
            !field_read("_thread_db_pthread_list", &known.list) || !field_read("_thread_db_pthread_tid", &known.tid) ||
            !field_read("_thread_db_pthread_cancelhandling", &known.cancel) ||
            !field_read("_thread_db_pthread_dtvp", &known.dtv))
                return false;
        known.bytes = *bytes;
        known.user = (const struct list *)(global + user);
        /* The third list has no description; it follows the second in every C library that has these symbols, since
         * 2.34, and a pair of links that point back says that it is one. */
        known.cached = known.user + 1;
        if (!is_empty_or_whole((const struct list *)(global + used)) || !is_empty_or_whole(known.user) ||
            !is_empty_or_whole(known.cached))
                return false;
        known.used = (const struct list *)(global + used);
        tls_bytes_read();
        return true;
}

static bool is_pthread(uintptr_t start)
{
#if defined(__x86_64__)
        const uintptr_t *word = (const uintptr_t *)start; /* tcbhead_t: tcb, dtv, self */

        return word[0] == start && word[2] == start;
#else
        return start != 0;
#endif
}

/* Where the block begins that holds the table: its first pair of words comes before what the thread points to. */
static uintptr_t dtv_of(uintptr_t start)
{
        uintptr_t dtv = *(const uintptr_t *)(start + known.dtv);

        return dtv ? dtv - 2 * sizeof dtv : 0;
}

/* Whether four words are the start of the stack of that struct, its size, which leads to the end behind the struct, and
 * twice the size of the guard within it. */
static bool is_stack(const uintptr_t *word, const struct pthread *pthread)
{
        uintptr_t start = word[0], bytes = word[1], end = start + bytes;

        if (start < STACK_START_MIN || bytes > STACK_BYTES_MAX || start >= pthread->start || end < pthread->end ||
            end - pthread->end >= PAGE_BYTES || word[2] > bytes || word[3] > bytes)
                return false;
        return !pthread->own_stack || (start % PAGE_BYTES == 0 && end % PAGE_BYTES == 0);
}

/* These fields of the struct follow each other (nptl/descr.h: stackblock…), but have no description. */
static void find_stack(struct pthread *pthread)
{
        const uintptr_t *word = (const uintptr_t *)pthread->start;

        for (size_t i = 0; i + 4 <= known.bytes / sizeof *word; i++)
                if (is_stack(word + i, pthread)) {
                        pthread->stack_start = word[i] + (pthread->own_stack ? word[i + 2] : 0);
                        pthread->stack_end = word[i] + word[i + 1];
                        return;
                }
}

static struct pthread describe(uintptr_t start, const struct list *list)
{
        int32_t tid = *(const volatile int32_t *)(start + known.tid);
        uint32_t cancel = *(const volatile uint32_t *)(start + known.cancel);
        struct pthread pthread = {
                .start = start,
                .end = start + known.bytes,
                .own_stack = list != known.user,
                .dtv = dtv_of(start),
                .tls = known.tls_bytes > known.bytes ? start + known.bytes - known.tls_bytes : 0,
        };

        /* A thread that was joined has -1 for a tid, and one that has ended 0. */
        if (list == known.cached || tid < 0 || (tid == 0 && cancel & CANCEL_TERMINATED))
                pthread.state = PTHREAD_CACHED;
        else if (tid == 0)
                pthread.state = PTHREAD_RESTS;
        else
                pthread.tid = (uint32_t)tid;
        find_stack(&pthread);
        return pthread;
}

static size_t list_read(const struct list *head, struct pthread *ret_pthread, size_t count, size_t max)
{
        unsigned steps = 0;

        for (const struct list *at = head->next; at != head && steps++ < PTHREADS_MAX; at = at->next) {
                uintptr_t start = (uintptr_t)at - known.list;

                if (!is_pthread(start)) /* its creator has not come so far */
                        continue;
                if (count < max)
                        ret_pthread[count] = describe(start, head);
                count++;
        }
        return count;
}

size_t pthreads_list(struct pthread *ret_pthread, size_t max)
{
        size_t count = 0;

        if (!known.used)
                return 0;
        count = list_read(known.used, ret_pthread, count, max);
        count = list_read(known.user, ret_pthread, count, max);
        return list_read(known.cached, ret_pthread, count, max);
}
