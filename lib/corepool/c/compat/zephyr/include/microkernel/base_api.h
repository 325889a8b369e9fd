/* Types and result codes. */

#ifndef _BASE_API_H
#define _BASE_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t ktask_t;
typedef uint32_t ktask_group_t;
typedef uint32_t kmutex_t;
typedef uint32_t kmemory_map_t;
typedef uint32_t kfifo_t;
typedef uint32_t kmbox_t;
typedef uint32_t kpipe_t;
typedef int32_t ksem_t;
typedef ksem_t* ksemg_t;
typedef uint32_t ktimer_t;
typedef uint32_t kpriority_t;
typedef uint32_t kmemory_pool_t;
typedef unsigned int kevent_t;
typedef uint32_t kirq_t;

typedef int (*kevent_handler_t)(int event);

#define RC_OK 0
#define RC_FAIL 1
#define RC_TIME 2
#define RC_ALIGNMENT 3
#define RC_INCOMPLETE 4

#define ANYTASK (-1)
#define ENDLIST (-1)

struct k_args;

/* Programs initialize the four fields that k_block had, and -Wextra would tell them of
 * the fifth: said from here to the end of the file that is compiled. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* Describes an allocated block. Descriptors may be copied: any copy frees the block,
 * the first to be freed. */
struct k_block {
  kmemory_pool_t pool_id;
  void* address_in_pool;
  void* pointer_to_data; /* free for the task: may be moved on through the block */
  uint32_t req_size;
  /* corepool's, and where pointers have 64 bits in what was padding: tells a
   * descriptor whose block is gone. Programs that make a descriptor of its parts
   * may leave it out, and do without that. */
  uint32_t corepool_token;
};

struct k_msg {
  kmbox_t mailbox;
  uint32_t size;
  uint32_t info;
  void* tx_data;
  void* rx_data;
  struct k_block tx_block;
  ktask_t tx_task;
  ktask_t rx_task;
  union {
    struct k_args* transfer;
    ksem_t sema;
  } extra;
};

/* Internal: how functions come by the number of arguments that they had later. */
#define COREPOOL_ZEPHYR_FIFTH(a, b, c, d, e, ...) e

#ifdef __cplusplus
}
#endif

#endif /* _BASE_API_H */
