/* Suppressions for what a profile calls lost, ready to be kept in a file. */
#ifndef ANALYZER_ANALYSES_PROPOSALS_H
#define ANALYZER_ANALYSES_PROPOSALS_H

#include <stdio.h>

#include "analyzer/analyses/profile.h"
#include "analyzer/analyses/suppressed.h"

/* Look at profile_error afterwards. */
void proposals_print(struct profile *profile, const struct suppressed_options *suppress, FILE *out);

#endif
