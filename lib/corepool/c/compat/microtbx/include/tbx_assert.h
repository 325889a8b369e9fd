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

/* Until there is one, the place is shown on standard error, where there is that, and
 * the program aborts. NULL is misuse: it asserts, and changes nothing. Any context;
 * wait-free.
 */
void TbxAssertSetHandler(tTbxAssertHandler assertHandler);

/* Calls the handler. Any context; as the handler. */
void TbxAssertTrigger(char const* const file, uint32_t line);

#ifdef __cplusplus
}
#endif

#endif /* TBX_ASSERT_H */
