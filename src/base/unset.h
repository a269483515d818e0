/*
 * A variable that is written before it is read, and is not cleared first, as a compiler may be asked to do with all of them
 * (configure.ac): large ones where thousands of sessions begin and end.
 */
#ifndef SKT_BASE_UNSET_H
#define SKT_BASE_UNSET_H

#if defined __has_attribute
#if __has_attribute(uninitialized)
#define UNSET __attribute__((uninitialized))
#endif
#endif
#ifndef UNSET
#define UNSET
#endif

#endif
