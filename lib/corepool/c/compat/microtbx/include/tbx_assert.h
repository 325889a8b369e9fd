/* Run-time assertions, as MicroTBX has them. */

#ifndef TBX_ASSERT_H
#define TBX_ASSERT_H

#include <stdint.h>

#include "tbx_conf_applied.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Usable with and without a semicolon behind it, like the original. */
#if (TBX_CONF_ASSERTIONS_ENABLE > 0U)
#define TBX_ASSERT(cond)                    \
  {                                         \
    if (!(cond)) {                          \
      TbxAssertTrigger(__FILE__, __LINE__); \
    }                                       \
  }
#else
#define TBX_ASSERT(cond) \
  {                      \
    ;                    \
  }
#endif

/* Called with the place of an assertion that does not hold. What it was called from
 * goes on if it returns.
 */
typedef void (*tTbxAssertHandler)(char const* const file, uint32_t line);

/* NULL: the default, which shows the place on standard error, where there is one, and
 * aborts. Any context; wait-free.
 */
void TbxAssertSetHandler(tTbxAssertHandler assertHandler);

/* Calls the handler. Any context; as the handler. */
void TbxAssertTrigger(char const* const file, uint32_t line);

#ifdef __cplusplus
}
#endif

#endif /* TBX_ASSERT_H */
