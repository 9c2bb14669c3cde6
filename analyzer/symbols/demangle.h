/* Readable names of C++ and Rust functions. */
#ifndef SYMBOLS_DEMANGLE_H
#define SYMBOLS_DEMANGLE_H

char *demangle(const char *name); /* a copy of the name itself when it is not mangled */

#endif
