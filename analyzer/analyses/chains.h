/* The stacks of a profile as lines, with their shared outer parts loaded once. */
#ifndef ANALYZER_ANALYSES_CHAINS_H
#define ANALYZER_ANALYSES_CHAINS_H

#include "analyzer/analyses/places.h"

struct chains;

struct chains *chains_load(struct profile *profile, enum places_by by, struct arena *arena);
/* Without the frames below main; reduced to one line if places are told apart by less. It lives as long as the arena.
 * Never NULL: a stack that is not there is empty. */
struct stack *chains_find(const struct chains *chains, int64_t id);
void chains_free(struct chains *chains);

#endif
