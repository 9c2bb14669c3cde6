/* Taking stock: what the memory of the process is used for at this moment. */
#ifndef PRELOAD_STOCK_H
#define PRELOAD_STOCK_H

#include "preload/record/recorder.h"

/* Fills in usage, pools and, if the analyzer answers, what is resident. What `close` then points to is good until the
 * next call; one thread at a time. */
void stock_take(struct recorder *recorder, struct recorder_close *close);

#endif
