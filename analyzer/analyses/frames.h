/* The frames of a profile with their symbols, as lines that stacks are made of. */
#ifndef ANALYZER_ANALYSES_FRAMES_H
#define ANALYZER_ANALYSES_FRAMES_H

#include "analyzer/analyses/places.h"

struct frames;

struct frames *frames_load(struct profile *profile, enum places_by by, struct arena *arena);
void frames_free(struct frames *frames); /* the lines themselves live as long as the arena */

/* The lines of one frame, innermost inlined function first: `*ret_count` pointers, 0 if the frame is not known. Lines
 * that look the same are the same pointer, and pointers are in the order of frame_compare. */
const struct frame *const *frames_lines(const struct frames *frames, int64_t frame, size_t *ret_count);

bool frame_is_wrapper(const struct frame *frame); /* operator new, std::allocator and the like */
bool frame_is_startup(const struct frame *frame); /* what calls main, or a thread's first function */

#endif
