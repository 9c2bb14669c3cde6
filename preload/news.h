/* What the allocator has written down about itself, on its way into the stream: alloc and record do not know each
 * other. */
#ifndef PRELOAD_NEWS_H
#define PRELOAD_NEWS_H

#include "preload/record/recorder.h"

/* The next piece of news, for recorder_options. */
bool news_next(struct recorder_news *ret_news);

/* In the constructor, when recording has begun: from now on news are told soon after they happen. */
void news_open(void);

void news_after_fork(void); /* in the child */
#endif
