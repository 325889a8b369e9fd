/* Proves that handlers written in C are told of misuse: a pool's own, with its context,
 * and the process's.
 */

#include "corepool/c/misuse.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "corepool/c/corepool.h"
#include "tests/c/check.h"

static int own_reports, process_reports;
static corepool_misuse_report_t last;
static int own_context;

static void Own(const corepool_misuse_report_t* report) {
  ++own_reports;
  last = *report;
}

static void Process(const corepool_misuse_report_t* report) {
  ++process_reports;
  last = *report;
}

static void Other(const corepool_misuse_report_t* report) { (void)report; }

static corepool_fixed_pool_t fixed;
static COREPOOL_FIXED_POOL_MEMORY(fixed_memory, 32, 4);

static void TestOwnHandler(void) {
  const corepool_pool_options_t options = {.block_size = 32,
                                           .block_count = 4,
                                           .caching = COREPOOL_CACHING_NONE,
                                           .name = "mine",
                                           .misuse_handler = Own,
                                           .misuse_context = &own_context};
  CHECK(corepool_fixed_pool_init(&fixed, &options, fixed_memory, sizeof fixed_memory) ==
        COREPOOL_OK);
  char* const block = corepool_fixed_pool_allocate(&fixed);
  const size_t index = corepool_fixed_pool_index_of(&fixed, block);
  CHECK(corepool_fixed_pool_free(&fixed, block + 16) == COREPOOL_INTERIOR_POINTER);
  CHECK(last.kind == COREPOOL_INTERIOR_POINTER && last.block == block + 16);
  CHECK(corepool_fixed_pool_free(&fixed, block + 1) == COREPOOL_MISALIGNED_POINTER);
  CHECK(corepool_fixed_pool_free(&fixed, &own_context) == COREPOOL_FOREIGN_POINTER);
  CHECK(last.index == COREPOOL_NO_INDEX);
  CHECK(corepool_fixed_pool_free(&fixed, block) == COREPOOL_OK);
  CHECK(own_reports == 3);
  CHECK(corepool_fixed_pool_free(&fixed, block) == COREPOOL_DOUBLE_FREE);
  CHECK(own_reports == 4 && last.kind == COREPOOL_DOUBLE_FREE);
  CHECK(last.pool == &fixed && last.context == &own_context && last.block == block);
  CHECK(last.index == index && strcmp(last.pool_name, "mine") == 0);
  memset(block, 0x55, 32);
  CHECK(corepool_fixed_pool_try_allocate(&fixed).error == COREPOOL_WRITE_AFTER_FREE);
  CHECK(last.kind == COREPOOL_WRITE_AFTER_FREE && last.offset == 0);
  CHECK(last.found == 0x5555555555555555u && last.expected != last.found);
  CHECK(corepool_fixed_pool_allocate(&fixed) != NULL);
  CHECK(corepool_fixed_pool_deinit(&fixed, COREPOOL_LEAKS_REPORT) == COREPOOL_OK);
  CHECK(last.kind == COREPOOL_LEAK && process_reports == 0);
}

/* A refused init of a pool that is in use leaves its handler alone. */
static void TestSecondInit(void) {
  corepool_pool_options_t options = {
      .block_size = 32, .block_count = 4, .misuse_handler = Own};
  CHECK(corepool_fixed_pool_init(&fixed, &options, fixed_memory, sizeof fixed_memory) ==
        COREPOOL_OK);
  options.misuse_handler = Other;
  CHECK(corepool_fixed_pool_init(&fixed, &options, fixed_memory, sizeof fixed_memory) ==
        COREPOOL_ALREADY_INITIALIZED);
  own_reports = 0;
  CHECK(corepool_fixed_pool_free(&fixed, &own_context) == COREPOOL_FOREIGN_POINTER);
  CHECK(own_reports == 1);
  CHECK(corepool_fixed_pool_deinit(&fixed, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

static void TestProcessHandler(void) {
  static corepool_quad_pool_t quad;
  static alignas(16) unsigned char memory[16384];
  const corepool_quad_pool_options_t options = {.min_block_size = 64,
                                                .max_block_size = 1024,
                                                .block_count = 4,
                                                .misuse_context = &own_context};
  CHECK(corepool_set_misuse_handler(Process) == NULL);
  CHECK(corepool_set_misuse_handler(Other) == Process);
  CHECK(corepool_set_misuse_handler(NULL) == Other);
  CHECK(corepool_set_misuse_handler(Process) == NULL);
  CHECK(corepool_quad_pool_init(&quad, &options, memory, sizeof memory) == COREPOOL_OK);
  void* const block = corepool_quad_pool_allocate(&quad, 100);
  CHECK(corepool_quad_pool_free_sized(&quad, block, 64) == COREPOOL_WRONG_SIZE);
  const uint16_t stamp = corepool_quad_pool_stamp_of(&quad, block);
  CHECK(stamp != 0);
  CHECK(corepool_quad_pool_free_stamped(&quad, block, 100, stamp) == COREPOOL_OK);
  CHECK(corepool_quad_pool_free(&quad, block) == COREPOOL_DOUBLE_FREE);
  CHECK(process_reports == 2 && last.kind == COREPOOL_DOUBLE_FREE);
  CHECK(last.context == &own_context && last.pool == &quad);
  CHECK(corepool_quad_pool_deinit(&quad, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
  CHECK(corepool_set_misuse_handler(NULL) == Process);
}

int main(void) {
  TestOwnHandler();
  TestSecondInit();
  TestProcessHandler();
  return CheckResult();
}
