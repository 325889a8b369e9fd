/* What a program for Zephyr's microkernel includes: everything. */

#ifndef _ZEPHYR__H
#define _ZEPHYR__H

#ifndef __ZEPHYR__
#define __ZEPHYR__
#endif

#include <microkernel.h>

/* The objects of the program's MDEF file, by tools/mdef.py. */
#if defined(__has_include)
#if __has_include(<sysgen.h>)
#include <sysgen.h>
#endif
#endif

#endif /* _ZEPHYR__H */
