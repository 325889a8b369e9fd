/* Proves that C programs have all of a fixed pool: storage without an initialiser,
 * errors, every function, hooks, owners.
 */

#include "corepool/c/fixed_pool.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "corepool/c/corepool.h"
#include "tests/c/check.h"

enum { kSize = 48, kCount = 20 };

static corepool_fixed_pool_t pool;
static COREPOOL_FIXED_POOL_MEMORY(memory, kSize, kCount);
static const corepool_pool_options_t kOptions = {
    .block_size = kSize, .block_count = kCount, .name = "of C"};

/* An all-zero pool is no pool, and says so. */
static void TestBeforeInit(void) {
  char stranger;
  CHECK(!corepool_fixed_pool_is_initialized(&pool));
  CHECK(corepool_fixed_pool_allocate(&pool) == NULL);
  CHECK(corepool_fixed_pool_try_allocate(&pool).error == COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_fixed_pool_free(&pool, &stranger) == COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) ==
        COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_fixed_pool_clear(&pool, COREPOOL_LEAKS_REFUSE) ==
        COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_fixed_pool_stats(&pool).capacity == 0);
  CHECK(!corepool_fixed_pool_owns(&pool, memory));
  CHECK(corepool_fixed_pool_index_of(&pool, memory) == COREPOOL_NO_INDEX);
}

static void TestInitFailsCleanly(void) {
  corepool_pool_options_t bad = kOptions;
  bad.block_size = 0;
  CHECK(corepool_fixed_pool_validate(&bad) == COREPOOL_INVALID_SIZE);
  CHECK(corepool_fixed_pool_required_bytes(&bad) == 0);
  CHECK(corepool_fixed_pool_init(&pool, &bad, memory, sizeof memory) ==
        COREPOOL_INVALID_SIZE);
  bad = kOptions;
  bad.alignment = 3;
  CHECK(corepool_fixed_pool_init(&pool, &bad, memory, sizeof memory) ==
        COREPOOL_INVALID_ALIGNMENT);
  CHECK(corepool_fixed_pool_init(&pool, &kOptions, NULL, 0) == COREPOOL_NULL_MEMORY);
  CHECK(corepool_fixed_pool_init(&pool, &kOptions, memory + 1, sizeof memory - 1) ==
        COREPOOL_MISALIGNED_MEMORY);
  CHECK(corepool_fixed_pool_init(&pool, &kOptions, memory, 100) ==
        COREPOOL_MEMORY_TOO_SMALL);
  bad = kOptions;
  bad.caching = (corepool_caching_t)4;
  CHECK(corepool_fixed_pool_validate(&bad) == COREPOOL_UNSUPPORTED);
  bad.caching = COREPOOL_CACHING_NONE;
  bad.checking = (corepool_checking_t)4;
  CHECK(corepool_fixed_pool_validate(&bad) == COREPOOL_UNSUPPORTED);
  CHECK(!corepool_fixed_pool_is_initialized(&pool));
}

/* Every block once, all within the memory, aligned and apart. */
static void TestAllBlocks(void) {
  void* blocks[kCount];
  CHECK(corepool_fixed_pool_validate(&kOptions) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_required_bytes(&kOptions) <= sizeof memory);
  CHECK(corepool_fixed_pool_required_alignment(&kOptions) <= 16);
  CHECK(corepool_fixed_pool_init(&pool, &kOptions, memory, sizeof memory) ==
        COREPOOL_OK);
  CHECK(corepool_fixed_pool_init(&pool, &kOptions, memory, sizeof memory) ==
        COREPOOL_ALREADY_INITIALIZED);
  CHECK(corepool_fixed_pool_is_initialized(&pool));
  int seen[kCount] = {0};
  for (int i = 0; i < kCount; ++i) {
    const corepool_allocation_t got = corepool_fixed_pool_try_allocate(&pool);
    CHECK(got.error == COREPOOL_OK);
    CHECK((uintptr_t)got.block % _Alignof(max_align_t) == 0);
    const size_t index = corepool_fixed_pool_index_of(&pool, got.block);
    CHECK(index < kCount);
    if (index < kCount) ++seen[index];
    CHECK(corepool_fixed_pool_block_at(&pool, index) == got.block);
    CHECK(corepool_fixed_pool_owns(&pool, (char*)got.block + kSize - 1));
    CHECK(!corepool_fixed_pool_looks_free(&pool, got.block));
    memset(got.block, i, kSize);
    blocks[i] = got.block;
  }
  for (int i = 0; i < kCount; ++i) {
    CHECK(seen[i] == 1);
    for (int byte = 0; byte < kSize; ++byte) {
      CHECK(((unsigned char*)blocks[i])[byte] == i);
    }
  }
  CHECK(corepool_fixed_pool_try_allocate(&pool).error == COREPOOL_EXHAUSTED);
  CHECK(corepool_fixed_pool_allocate_until(&pool, COREPOOL_NO_WAIT, 0).error ==
        COREPOOL_EXHAUSTED);
  CHECK(corepool_fixed_pool_allocate_until(&pool, COREPOOL_FOREVER, 0).error ==
        COREPOOL_UNSUPPORTED);
  const corepool_pool_stats_t stats = corepool_fixed_pool_stats(&pool);
  CHECK(stats.capacity == kCount && stats.used == kCount && stats.free == 0);
  CHECK(stats.block_size == kSize && stats.failures == 2 && stats.exact);
  CHECK(stats.allocations == kCount && stats.frees == 0);
  CHECK(corepool_pool_stats_cache_bound(&stats) ==
        2 * stats.cores * stats.magazine_size);
  CHECK(corepool_pool_stats_tag_wrap_microseconds(&stats, 1000000) > 1000000);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) ==
        COREPOOL_BLOCKS_IN_USE);
  for (int i = 0; i < kCount; ++i) {
    CHECK(corepool_fixed_pool_free(&pool, blocks[i]) == COREPOOL_OK);
    CHECK(corepool_fixed_pool_looks_free(&pool, blocks[i]));
  }
  CHECK(corepool_fixed_pool_free(&pool, NULL) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_stats(&pool).peak >= kCount);
  corepool_fixed_pool_reset_peak(&pool);
  CHECK(corepool_fixed_pool_audit(&pool, COREPOOL_AUDIT_AT_REST).error == COREPOOL_OK);
}

static void TestBulks(void) {
  void* blocks[kCount + 1];
  CHECK(corepool_fixed_pool_allocate_bulk(&pool, blocks, kCount + 1) ==
        COREPOOL_EXHAUSTED);
  CHECK(blocks[0] == NULL && blocks[kCount] == NULL);
  CHECK(corepool_fixed_pool_allocate_bulk(&pool, NULL, 1) == COREPOOL_NULL_MEMORY);
  CHECK(corepool_fixed_pool_allocate_bulk(&pool, blocks, 3) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_allocate_up_to(&pool, blocks + 3, kCount) == kCount - 3);
  CHECK(corepool_fixed_pool_free_bulk(&pool, blocks, kCount) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_stats(&pool).used == 0);
  corepool_fixed_pool_flush_caches(&pool);
  corepool_fixed_pool_flush_quarantine(&pool);
  CHECK(corepool_fixed_pool_allocate(&pool) != NULL);
  CHECK(corepool_fixed_pool_clear(&pool, COREPOOL_LEAKS_REFUSE) ==
        COREPOOL_BLOCKS_IN_USE);
  CHECK(corepool_fixed_pool_clear(&pool, COREPOOL_LEAKS_IGNORE) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_stats(&pool).allocations == 0);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
  CHECK(!corepool_fixed_pool_is_initialized(&pool));
}

/* An object may be used again, with other options; these are what is asked for. */
static void TestChoices(void) {
  static alignas(64) unsigned char large[1 << 16];
  corepool_pool_options_t options = {.block_size = 24,
                                     .block_count = 5,
                                     .alignment = 64,
                                     .checking = COREPOOL_CHECKING_FULL,
                                     .caching = COREPOOL_CACHING_NONE,
                                     .state = COREPOOL_STATE_COOKIE,
                                     .quarantine = 2};
  CHECK(corepool_fixed_pool_init(&pool, &options, large, sizeof large) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_checking(&pool) == COREPOOL_CHECKING_FULL);
  CHECK(corepool_fixed_pool_caching(&pool) == COREPOOL_CACHING_NONE);
  CHECK(corepool_fixed_pool_state(&pool) == COREPOOL_STATE_COOKIE);
  void* const block = corepool_fixed_pool_allocate(&pool);
  CHECK((uintptr_t)block % 64 == 0);
  /* Who has it is where it was allocated in this program, not in the library. */
  const corepool_owner_tag_t owner = corepool_fixed_pool_owner_of(&pool, block);
  void* others[2];
  others[0] = corepool_fixed_pool_try_allocate(&pool).block;
  CHECK(corepool_fixed_pool_allocate_bulk(&pool, &others[1], 1) == COREPOOL_OK);
  CHECK(owner != 0 && owner != corepool_fixed_pool_owner_of(&pool, others[0]));
  CHECK(owner != corepool_fixed_pool_owner_of(&pool, others[1]));
  for (int i = 0; i < 2; ++i) {
    void* const again = corepool_fixed_pool_allocate(&pool);
    CHECK(corepool_fixed_pool_owner_of(&pool, again) != owner);
    CHECK(corepool_fixed_pool_free(&pool, again) == COREPOOL_OK);
  }
  CHECK(corepool_fixed_pool_free_bulk(&pool, others, 2) == COREPOOL_OK);
  corepool_fixed_pool_flush_quarantine(&pool);
  CHECK(corepool_fixed_pool_set_owner(&pool, block, 4711) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_owner_of(&pool, block) == 4711);
  CHECK(corepool_fixed_pool_free(&pool, block) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_stats(&pool).quarantined == 1);
  corepool_fixed_pool_flush_quarantine(&pool);
  CHECK(corepool_fixed_pool_stats(&pool).quarantined == 0);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);

  const corepool_checking_t checkings[] = {
      COREPOOL_CHECKING_OFF, COREPOOL_CHECKING_BASIC, COREPOOL_CHECKING_STRICT};
  for (int i = 0; i < 3; ++i) {
    const corepool_pool_options_t other = {.block_size = 24,
                                           .block_count = 5,
                                           .checking = checkings[i],
                                           .state = COREPOOL_STATE_SIDE};
    CHECK(corepool_fixed_pool_init(&pool, &other, large, sizeof large) == COREPOOL_OK);
    CHECK(corepool_fixed_pool_checking(&pool) == checkings[i]);
    CHECK(corepool_fixed_pool_state(&pool) == COREPOOL_STATE_SIDE);
    CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
  }

  const corepool_pool_options_t none = {.block_size = 1};
  CHECK(corepool_fixed_pool_init(&pool, &none, NULL, 0) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_try_allocate(&pool).error == COREPOOL_EXHAUSTED);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

static void TestApart(void) {
  static alignas(16) unsigned char blocks[kSize * kCount];
  static alignas(16) unsigned char bookkeeping[8192];
  CHECK(corepool_fixed_pool_required_block_bytes(&kOptions) == sizeof blocks);
  CHECK(corepool_fixed_pool_required_bookkeeping_bytes(&kOptions) <=
        sizeof bookkeeping);
  CHECK(corepool_fixed_pool_bookkeeping_alignment() <= 16);
  CHECK(corepool_fixed_pool_init_apart(&pool, &kOptions, blocks, sizeof blocks,
                                       bookkeeping, sizeof bookkeeping) == COREPOOL_OK);
  unsigned char* const block = corepool_fixed_pool_allocate(&pool);
  CHECK(block >= blocks && block < blocks + sizeof blocks);
  CHECK(corepool_fixed_pool_free(&pool, block) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

/* Hooks: events come with the numbers of C and the context that was given. */
static int told[5];
static size_t last_used;
static int hook_data;
static void* kept;

static void OnEvent(const corepool_pool_event_t* event) {
  ++told[event->kind];
  last_used = event->used;
  CHECK(event->context == &hook_data && event->pool == &pool);
  CHECK(strcmp(event->pool_name, "hooked") == 0);
  CHECK(event->capacity == 10 && event->used + event->free == 10);
}

static corepool_free_decision_t OnFree(const corepool_free_request_t* request) {
  CHECK(request->context == &hook_data && request->pool == &pool);
  CHECK(corepool_fixed_pool_block_at(&pool, request->index) == request->block);
  if (kept != NULL) return COREPOOL_FREE;
  kept = request->block;
  return COREPOOL_TAKEN;
}

static void TestHooks(void) {
  static const corepool_pool_hooks_t kHooks = {.on_event = OnEvent,
                                               .on_free = OnFree,
                                               .context = &hook_data,
                                               .usage_percent = 50,
                                               .rearm_percent = 30,
                                               .low_free = COREPOOL_WHEN_NONE_IS_FREE,
                                               .rearm_free = 1};
  const corepool_pool_options_t options = {.block_size = kSize,
                                           .block_count = 10,
                                           .caching = COREPOOL_CACHING_NONE,
                                           .name = "hooked",
                                           .hooks = &kHooks};
  void* blocks[10];
  CHECK(corepool_fixed_pool_init(&pool, &options, memory, sizeof memory) ==
        COREPOOL_OK);
  for (int i = 0; i < 4; ++i) blocks[i] = corepool_fixed_pool_allocate(&pool);
  CHECK(told[COREPOOL_EVENT_USAGE_HIGH] == 0);
  blocks[4] = corepool_fixed_pool_allocate(&pool);
  CHECK(told[COREPOOL_EVENT_USAGE_HIGH] == 1 && last_used == 5);
  for (int i = 5; i < 10; ++i) {
    CHECK(told[COREPOOL_EVENT_FREE_LOW] == 0);
    blocks[i] = corepool_fixed_pool_allocate(&pool);
  }
  CHECK(told[COREPOOL_EVENT_FREE_LOW] == 1);
  CHECK(corepool_fixed_pool_allocate(&pool) == NULL);
  CHECK(told[COREPOOL_EVENT_EXHAUSTED] == 1);
  for (int i = 0; i < 10; ++i) {
    CHECK(corepool_fixed_pool_free(&pool, blocks[i]) == COREPOOL_OK);
  }
  CHECK(told[COREPOOL_EVENT_USAGE_NORMAL] == 1);
  CHECK(told[COREPOOL_EVENT_FREE_NORMAL] == 1);
  CHECK(kept == blocks[0] && corepool_fixed_pool_stats(&pool).used == 1);
  CHECK(corepool_fixed_pool_free_directly(&pool, kept) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

int main(void) {
  CHECK(corepool_c_abi_matches(COREPOOL_C_ABI_MAJOR, COREPOOL_C_ABI_MINOR));
  CHECK(!corepool_c_abi_matches(COREPOOL_C_ABI_MAJOR + 1, 0));
  CHECK(corepool_version()[0] != '\0');
  CHECK(strcmp(corepool_error_name(COREPOOL_DOUBLE_FREE), "kDoubleFree") == 0);
  CHECK(strcmp(corepool_error_name((corepool_error_t)1000), "unknown") == 0);
  TestBeforeInit();
  TestInitFailsCleanly();
  TestAllBlocks();
  TestBulks();
  TestChoices();
  TestApart();
  TestHooks();
  return CheckResult();
}
