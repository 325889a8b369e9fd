/* The configuration of the tests' programs, as a firmware project has one. */

#ifndef TBX_CONF_H
#define TBX_CONF_H

#define TBX_CONF_ASSERTIONS_ENABLE (1U)

#ifndef TBX_CONF_HEAP_SIZE
#define TBX_CONF_HEAP_SIZE (2048U)
#endif

#endif /* TBX_CONF_H */
