/* What C tests say: CHECK counts and shows what does not hold; main returns
 * CheckResult().
 */

#ifndef COREPOOL_TESTS_C_CHECK_H_
#define COREPOOL_TESTS_C_CHECK_H_

#include <stdio.h>

static int check_failures;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      ++check_failures;                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                         \
  } while (0)

static inline int CheckResult(void) {
  if (check_failures == 0) puts("as it should be");
  return check_failures == 0 ? 0 : 1;
}

#endif /* COREPOOL_TESTS_C_CHECK_H_ */
