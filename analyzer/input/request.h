/* Asking a traced process for a scan for leaks, through the session file. */
#ifndef ANALYZER_INPUT_REQUEST_H
#define ANALYZER_INPUT_REQUEST_H

#include <stdint.h>

#include "wire/session.h"

enum request_status {
        REQUEST_DONE,       /* all frames of the scan are in the pipe */
        REQUEST_PENDING,    /* the process has not looked: it does not allocate. It will scan when it does */
        REQUEST_BUSY,       /* it scans still, or for somebody else */
        REQUEST_FAILED,     /* it could not, or has ended */
        REQUEST_NO_PROCESS, /* it has no part in the session, or is in another PID namespace */
};

/* Waits for timeout_ms at most. ret_scan: the scan's number, as wire_leak_scan has it; on REQUEST_DONE. */
enum request_status request_scan(struct session_header *session, uint32_t pid, unsigned timeout_ms, uint32_t *ret_scan);

#endif
