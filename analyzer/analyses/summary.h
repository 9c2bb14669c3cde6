/* The lines of the summary that have files of their own. Each adds its facts and its line. */
#ifndef ANALYZER_ANALYSES_SUMMARY_H
#define ANALYZER_ANALYSES_SUMMARY_H

#include "analyzer/analyses/analysis.h"

void tell_resident(const struct evidence *evidence, struct table *table); /* what the resident peak is made of */
void tell_trace(const struct evidence *evidence, struct table *table);    /* how far the figures can be trusted */
void tell_symbols(const struct evidence *evidence, struct table *table);  /* whose names and lines are missing */

#endif
