/* As the build tool of a user's firmware writes it, for headers_test. */

#ifndef H_MYNEWT_SYSCFG_
#define H_MYNEWT_SYSCFG_

#define MYNEWT_VAL(_name) MYNEWT_VAL_##_name
#define MYNEWT_VAL_OS_MEMPOOL_GUARD (1)
#define MYNEWT_VAL_OF_THE_USER (42)

#endif
