/* Settings that nobody has made. A setting is a number; 0 is off. */

#ifndef COREPOOL_MYNEWT_SETTINGS_H_
#define COREPOOL_MYNEWT_SETTINGS_H_

#ifndef MYNEWT_VAL
#define MYNEWT_VAL(_name) MYNEWT_VAL_##_name
#endif

/* Misuse is reported to corepool's misuse handler, which by default prints and aborts,
 * as an assert would. Without, misuse is refused by an error. */
#ifndef MYNEWT_VAL_OS_MEMPOOL_CHECK
#ifdef OS_MEMPOOL_CHECK
#define MYNEWT_VAL_OS_MEMPOOL_CHECK (OS_MEMPOOL_CHECK + 0)
#else
#define MYNEWT_VAL_OS_MEMPOOL_CHECK (0)
#endif
#endif

/* Free blocks are filled with 0xde7ec7ed, behind their link. */
#ifndef MYNEWT_VAL_OS_MEMPOOL_POISON
#ifdef OS_MEMPOOL_POISON
#define MYNEWT_VAL_OS_MEMPOOL_POISON (OS_MEMPOOL_POISON + 0)
#else
#define MYNEWT_VAL_OS_MEMPOOL_POISON (0)
#endif
#endif

/* Behind each block is a word that shows whether it was overrun: 0xbaff1ed1. */
#ifndef MYNEWT_VAL_OS_MEMPOOL_GUARD
#ifdef OS_MEMPOOL_GUARD
#define MYNEWT_VAL_OS_MEMPOOL_GUARD (OS_MEMPOOL_GUARD + 0)
#else
#define MYNEWT_VAL_OS_MEMPOOL_GUARD (0)
#endif
#endif

/* Nothing is traced. */
#ifndef MYNEWT_VAL_OS_SYSVIEW_TRACE_MEMPOOL
#define MYNEWT_VAL_OS_SYSVIEW_TRACE_MEMPOOL (0)
#endif

#endif /* COREPOOL_MYNEWT_SETTINGS_H_ */
