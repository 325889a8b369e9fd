/* Mynewt's error codes. */

#ifndef H_OS_ERROR_
#define H_OS_ERROR_

#include "syscfg/syscfg.h"

#ifdef __cplusplus
extern "C" {
#endif

enum os_error {
  OS_OK = 0,
  OS_ENOMEM = 1,
  OS_EINVAL = 2,
  OS_INVALID_PARM = 3,
  OS_MEM_NOT_ALIGNED = 4,
  OS_BAD_MUTEX = 5,
  OS_TIMEOUT = 6,
  OS_ERR_IN_ISR = 7,
  OS_ERR_PRIV = 8,
  OS_NOT_STARTED = 9,
  OS_ENOENT = 10,
  OS_EBUSY = 11,
  OS_ERROR = 12
};

typedef enum os_error os_error_t;

/* The kernel's; not part of this library. */
int os_error_to_sys(os_error_t os_error);

#ifdef __cplusplus
}
#endif

#endif /* H_OS_ERROR_ */
