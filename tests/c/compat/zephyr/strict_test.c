/* Compiled with every warning an error, in each C since 1999: what programs do with the
 * four fields that struct k_block has in the original. */

#include <zephyr.h>

#include "tests/c/check.h"

static char buffer[64];
static const struct k_block whole = {0x00010000, buffer, buffer, 64};
static struct k_block some[2] = {{0}, {1, NULL, NULL, 0}};
static struct k_msg message = {1, 2, 3, buffer, NULL, {1, buffer, NULL, 9}, 4, 5, {0}};

int main(void) {
  struct k_block block = {1, buffer, buffer + 8, 16};
  const struct k_block named = {.req_size = 7, .pool_id = 3};

  CHECK(whole.pool_id == 0x00010000 && whole.address_in_pool == buffer);
  CHECK(whole.pointer_to_data == buffer && whole.req_size == 64);
  CHECK(some[0].req_size == 0 && some[1].pool_id == 1);
  CHECK(message.tx_block.req_size == 9 && message.tx_task == 4 && message.rx_task == 5);
  CHECK(block.pointer_to_data == buffer + 8 && block.req_size == 16);
  CHECK(named.req_size == 7 && named.pool_id == 3);
  task_mem_pool_free(&block); /* there is no such pool */
  CHECK(task_mem_pool_alloc(&block, 1, 16) == RC_FAIL);
  CHECK(task_mem_pool_alloc_wait(&block, 1, 16) == RC_FAIL);
  CHECK(task_mem_pool_alloc_wait_timeout(&block, 1, 16, 1) == RC_FAIL);
  return CheckResult();
}
