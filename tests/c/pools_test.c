/* Proves that C programs have multi, dynamic, priority and quad pools, and segments:
 * what is allocated is theirs, what they are told is so, and errors are the C++ ones.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "corepool/c/corepool.h"
#include "tests/c/check.h"

static alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char memory[1 << 18];
static alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char more[1 << 16];

static int IsFilled(const void* block, int value, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (((const unsigned char*)block)[i] != value) return 0;
  }
  return 1;
}

static void TestMulti(void) {
  static corepool_multi_pool_t pool;
  static corepool_segment_t segment;
  static const corepool_size_class_options_t kClasses[] = {{16, 2}, {64, 2}, {32, 2}};
  const corepool_size_class_options_t added = {128, 1};
  CHECK(corepool_multi_pool_allocate(&pool, 1) == NULL);
  CHECK(corepool_multi_pool_validate(kClasses, 3, NULL) == COREPOOL_OK);
  CHECK(corepool_multi_pool_required_bytes(kClasses, 3, NULL) <= sizeof memory);
  CHECK(corepool_multi_pool_required_alignment(kClasses, 3, NULL) <=
        COREPOOL_OBJECT_ALIGNMENT);
  static corepool_size_class_options_t too_many[70];
  for (size_t i = 0; i < 70; ++i) too_many[i].block_size = i + 1;
  CHECK(corepool_multi_pool_validate(too_many, 70, NULL) == COREPOOL_INVALID_COUNT);
  CHECK(corepool_multi_pool_init(&pool, kClasses, 3, NULL, memory, sizeof memory) ==
        COREPOOL_OK);
  CHECK(corepool_multi_pool_is_initialized(&pool));
  CHECK(corepool_multi_pool_class_count(&pool) == 3);
  CHECK(corepool_multi_pool_largest_size(&pool) == 64);
  CHECK(corepool_multi_pool_try_allocate(&pool, 0).error == COREPOOL_INVALID_SIZE);
  CHECK(corepool_multi_pool_try_allocate(&pool, 65).error == COREPOOL_TOO_LARGE);
  void* const small = corepool_multi_pool_allocate(&pool, 12);
  CHECK(corepool_multi_pool_size_of(&pool, small) == 16);
  CHECK(corepool_multi_pool_owns(&pool, small));
  memset(small, 7, 16);
  unsigned char* const larger = corepool_multi_pool_reallocate(&pool, small, 40);
  CHECK(corepool_multi_pool_size_of(&pool, larger) == 64 && IsFilled(larger, 7, 16));
  CHECK(corepool_multi_pool_try_reallocate(&pool, larger, 60).block == larger);
  CHECK(corepool_multi_pool_free_sized(&pool, larger, 60) == COREPOOL_OK);

  void* blocks[6];
  CHECK(corepool_multi_pool_allocate_bulk(&pool, 1, blocks, 6) == COREPOOL_OK);
  CHECK(corepool_multi_pool_try_allocate(&pool, 1).error == COREPOOL_EXHAUSTED);
  CHECK(corepool_multi_pool_allocate_until(&pool, 1, COREPOOL_NO_WAIT, 0).error ==
        COREPOOL_EXHAUSTED);
  CHECK(corepool_multi_pool_stats_for(&pool, 32).spills_in == 2);
  corepool_size_class_stats_t classes[4];
  CHECK(corepool_multi_pool_class_stats(&pool, classes, 4) == 3);
  CHECK(classes[0].blocks.block_size == 16 && classes[2].blocks.block_size == 64);
  CHECK(corepool_multi_pool_class_stats(&pool, classes, 1) == 1);
  CHECK(corepool_multi_pool_stats(&pool).used == 6);
  corepool_pool_row_t row;
  CHECK(corepool_multi_pool_stats_at(&pool, 1, &row) && strcmp(row.label, "32") == 0);
  CHECK(!corepool_multi_pool_stats_at(&pool, 3, &row));
  CHECK(corepool_multi_pool_free_directly(&pool, blocks[0]) == COREPOOL_OK);
  CHECK(corepool_multi_pool_free_bulk(&pool, blocks + 1, 5) == COREPOOL_OK);

  const size_t needed = corepool_multi_pool_required_extension_bytes(&pool, &added);
  CHECK(needed > 128 && needed < sizeof more);
  CHECK(corepool_multi_pool_extend(&pool, &added, more, 10) ==
        COREPOOL_MEMORY_TOO_SMALL);
  CHECK(corepool_multi_pool_extend(&pool, &added, more, needed) == COREPOOL_OK);
  CHECK(corepool_segment_init(&segment, "extensions", more + 8192, 8192, 0) ==
        COREPOOL_OK);
  CHECK(corepool_multi_pool_extend_from_segment(&pool, &added, &segment) ==
        COREPOOL_OK);
  CHECK(corepool_multi_pool_stats_for(&pool, 128).banks == 2);
  void* const owned = corepool_multi_pool_allocate(&pool, 100);
  CHECK(corepool_multi_pool_set_owner(&pool, owned, 1) == COREPOOL_UNSUPPORTED);
  CHECK(corepool_multi_pool_owner_of(&pool, owned) == 0);
  CHECK(corepool_multi_pool_free(&pool, owned) == COREPOOL_OK);
  corepool_multi_pool_reset_peak(&pool);
  corepool_multi_pool_flush_caches(&pool);
  CHECK(corepool_multi_pool_audit(&pool, COREPOOL_AUDIT_AT_REST).error == COREPOOL_OK);
  CHECK(corepool_multi_pool_clear(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
  CHECK(corepool_multi_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
  CHECK(corepool_segment_deinit(&segment) == COREPOOL_OK);

  const corepool_multi_pool_options_t strict = {.most_spills = COREPOOL_NO_SPILLS,
                                                .most_extensions =
                                                    COREPOOL_NO_EXTENSIONS,
                                                .count_sizes_up_to = 128};
  CHECK(corepool_multi_pool_init(&pool, kClasses, 3, &strict, memory, sizeof memory) ==
        COREPOOL_OK);
  CHECK(corepool_multi_pool_allocate_bulk(&pool, 16, blocks, 2) == COREPOOL_OK);
  CHECK(corepool_multi_pool_try_allocate(&pool, 16).error == COREPOOL_EXHAUSTED);
  CHECK(corepool_multi_pool_extend(&pool, &added, more, needed) == COREPOOL_TOO_MANY);
  corepool_advised_class_t table[20];
  const corepool_advice_t advice = corepool_multi_pool_advise(&pool, table, 20);
  CHECK(advice.requests == 3 && advice.classes == 1 && table[0].block_size == 16);
  CHECK(table[0].requests == 3);
  CHECK(corepool_multi_pool_free_bulk(&pool, blocks, 2) == COREPOOL_OK);
  corepool_multi_pool_reset_sizes(&pool);
  CHECK(corepool_multi_pool_advise(&pool, table, 20).requests == 0);
  CHECK(corepool_multi_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

static void TestSegment(void) {
  static corepool_segment_t segment, second;
  CHECK(corepool_segment_allocate(&segment, 1, 1) == NULL);
  CHECK(corepool_segment_init(&segment, "first", memory, 1024, 32) == COREPOOL_OK);
  CHECK(corepool_segment_init(&second, "second", memory, 1024, 32) ==
        COREPOOL_ALREADY_REGISTERED);
  CHECK(corepool_segment_init(&second, NULL, more, 1024, 3) ==
        COREPOOL_INVALID_ALIGNMENT);
  CHECK(corepool_segment_init(&second, NULL, more, 1024, 0) == COREPOOL_OK);
  CHECK(corepool_segment_is_initialized(&segment));
  CHECK(strcmp(corepool_segment_name(&segment), "first") == 0);
  CHECK(corepool_segment_name(&second)[0] == '\0');
  CHECK(corepool_segment_padding_alignment(&segment) == 32);
  CHECK(corepool_segment_allocate(&segment, 1, 1) == memory);
  CHECK(corepool_segment_allocate(&segment, 1, 0) == memory + 16);
  CHECK(corepool_segment_allocate_hardware(&segment, 1, 1) == memory + 32);
  CHECK(corepool_segment_used(&segment) == 64 && corepool_segment_size(&segment) == 1024);
  const corepool_segment_allocation_t refused =
      corepool_segment_try_allocate(&segment, 1000, 1);
  CHECK(refused.error == COREPOOL_EXHAUSTED && refused.missing == 40);
  CHECK(corepool_segment_try_allocate_hardware(&segment, 0, 1).error ==
        COREPOOL_INVALID_SIZE);
  const corepool_segment_blocks_t blocks =
      corepool_segment_allocate_up_to(&segment, 3, 20, 8);
  CHECK(blocks.error == COREPOOL_OK && blocks.count == 3 && blocks.stride == 24);
  CHECK(corepool_segment_remaining(&segment, 1) ==
        corepool_segment_stats(&segment).remaining);
  CHECK(corepool_segment_owns(&segment, memory + 1023));
  CHECK(!corepool_segment_owns(&segment, memory + 1024));
  corepool_segment_cursor_t cursor = {{0}};
  corepool_segment_info_t info;
  CHECK(corepool_segment_next(&cursor, &info) && strcmp(info.name, "first") == 0);
  CHECK(info.memory == memory && info.stats.size == 1024);
  CHECK(corepool_segment_next(&cursor, &info) && info.memory == more);
  CHECK(!corepool_segment_next(&cursor, &info));
  CHECK(corepool_segment_clear(&segment) == COREPOOL_OK);
  CHECK(corepool_segment_used(&segment) == 0);
  CHECK(corepool_segment_deinit(&segment) == COREPOOL_OK);
  CHECK(corepool_segment_deinit(&segment) == COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_segment_deinit(&second) == COREPOOL_OK);
}

static void TestDynamic(void) {
  static corepool_segment_t segment, bookkeeping;
  static corepool_dynamic_pool_t pool;
  const corepool_dynamic_pool_options_t options = {
      .block_size = 40, .initial = 2, .maximum = 5, .name = "grows"};
  CHECK(corepool_segment_init(&segment, "blocks", memory, 4096, 0) == COREPOOL_OK);
  const size_t needed =
      corepool_dynamic_pool_required_bookkeeping_bytes_in(&options, &segment);
  CHECK(needed != 0 && needed <= sizeof more);
  CHECK(corepool_dynamic_pool_required_bookkeeping_bytes(&options, 4096, 0) == needed);
  CHECK(corepool_dynamic_pool_bookkeeping_alignment() <= COREPOOL_OBJECT_ALIGNMENT);
  CHECK(corepool_dynamic_pool_init(&pool, &options, &segment, more, needed - 1) ==
        COREPOOL_MEMORY_TOO_SMALL);
  CHECK(corepool_dynamic_pool_init(&pool, &options, &segment, more, needed) ==
        COREPOOL_OK);
  CHECK(corepool_segment_deinit(&segment) == COREPOOL_BLOCKS_IN_USE);
  CHECK(corepool_dynamic_pool_segment(&pool) == &segment);
  CHECK(corepool_dynamic_pool_maximum(&pool) == 5);
  CHECK(corepool_dynamic_pool_available(&pool) == 5);
  CHECK(corepool_dynamic_pool_growable(&pool) == 3);
  void* blocks[5];
  for (int i = 0; i < 5; ++i) {
    blocks[i] = corepool_dynamic_pool_allocate(&pool);
    CHECK(corepool_segment_owns(&segment, blocks[i]));
    CHECK(corepool_dynamic_pool_owns(&pool, blocks[i]));
    CHECK(!corepool_dynamic_pool_looks_free(&pool, blocks[i]));
    memset(blocks[i], i, 40);
  }
  CHECK(corepool_dynamic_pool_try_allocate(&pool).error == COREPOOL_EXHAUSTED);
  CHECK(corepool_dynamic_pool_allocate_until(&pool, COREPOOL_NO_WAIT, 0).error ==
        COREPOOL_EXHAUSTED);
  for (int i = 0; i < 5; ++i) CHECK(IsFilled(blocks[i], i, 40));
  CHECK(corepool_dynamic_pool_stats(&pool).used == 5);
  CHECK(corepool_dynamic_pool_block_at(
            &pool, corepool_dynamic_pool_index_of(&pool, blocks[3])) == blocks[3]);
  CHECK(corepool_dynamic_pool_free(&pool, blocks[0]) == COREPOOL_OK);
  CHECK(corepool_dynamic_pool_free_directly(&pool, blocks[1]) == COREPOOL_OK);
  CHECK(corepool_dynamic_pool_free_bulk(&pool, blocks + 2, 3) == COREPOOL_OK);
  CHECK(corepool_dynamic_pool_allocate_bulk(&pool, blocks, 2) == COREPOOL_OK);
  CHECK(corepool_dynamic_pool_allocate_up_to(&pool, blocks + 2, 9) == 3);
  CHECK(corepool_dynamic_pool_checking(&pool) == COREPOOL_CHECKING_BASIC);
  CHECK(corepool_dynamic_pool_owner_of(&pool, blocks[0]) == 0);
  CHECK(corepool_dynamic_pool_set_owner(&pool, blocks[0], 1) == COREPOOL_UNSUPPORTED);
  (void)corepool_dynamic_pool_caching(&pool);
  (void)corepool_dynamic_pool_state(&pool);
  CHECK(corepool_dynamic_pool_clear(&pool, COREPOOL_LEAKS_IGNORE) == COREPOOL_OK);
  corepool_dynamic_pool_flush_caches(&pool);
  corepool_dynamic_pool_flush_quarantine(&pool);
  corepool_dynamic_pool_reset_peak(&pool);
  CHECK(corepool_dynamic_pool_audit(&pool, COREPOOL_AUDIT_AT_REST).error ==
        COREPOOL_OK);
  CHECK(corepool_dynamic_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);

  /* By default it grows until the segment is full. */
  const corepool_dynamic_pool_options_t unlimited = {.block_size = 40};
  CHECK(corepool_segment_clear(&segment) == COREPOOL_OK);
  CHECK(corepool_segment_init(&bookkeeping, NULL, more, sizeof more, 0) == COREPOOL_OK);
  CHECK(corepool_dynamic_pool_init_from_segments(&pool, &unlimited, &segment,
                                                 &bookkeeping) == COREPOOL_OK);
  int count = 0;
  while (corepool_dynamic_pool_allocate(&pool) != NULL) ++count;
  CHECK(count == 4096 / 48);
  CHECK(corepool_dynamic_pool_try_allocate(&pool).error == COREPOOL_SEGMENT_EXHAUSTED);
  CHECK(corepool_dynamic_pool_is_initialized(&pool));
  CHECK(corepool_dynamic_pool_deinit(&pool, COREPOOL_LEAKS_IGNORE) == COREPOOL_OK);
  const corepool_dynamic_pool_options_t none = {.block_size = 40,
                                                .maximum = COREPOOL_NO_BLOCKS};
  CHECK(corepool_dynamic_pool_init_from_segments(&pool, &none, &segment,
                                                 &bookkeeping) == COREPOOL_OK);
  CHECK(corepool_dynamic_pool_try_allocate(&pool).error == COREPOOL_EXHAUSTED);
  CHECK(corepool_dynamic_pool_deinit(&pool, COREPOOL_LEAKS_IGNORE) == COREPOOL_OK);
  CHECK(corepool_segment_deinit(&segment) == COREPOOL_OK);
  CHECK(corepool_segment_deinit(&bookkeeping) == COREPOOL_OK);
}

static int class_events;
static void OnClassEvent(const corepool_pool_event_t* event) {
  class_events += event->kind == COREPOOL_EVENT_EXHAUSTED;
}

static void TestPriority(void) {
  static corepool_priority_pool_t pool;
  static const corepool_pool_hooks_t kHooks = {.on_event = OnClassEvent};
  static const corepool_priority_class_t kClasses[] = {
      {.name = "urgent", .block_size = 32, .block_count = 2,
       .borrows = COREPOOL_BORROW_LOWER, .hooks = &kHooks},
      {.name = "normal", .block_size = 64, .block_count = 3, .reserve = 1},
      {.name = "idle", .block_size = 64, .block_count = 2,
       .reserve = COREPOOL_NO_RESERVE},
  };
  CHECK(corepool_priority_pool_class_count(&pool) == 0);
  CHECK(corepool_priority_pool_try_allocate(&pool, 0).error ==
        COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_priority_pool_validate(kClasses, 3, NULL) == COREPOOL_OK);
  CHECK(corepool_priority_pool_validate(kClasses, 0, NULL) == COREPOOL_INVALID_COUNT);
  CHECK(corepool_priority_pool_required_bytes(kClasses, 3, NULL) <= sizeof memory);
  CHECK(corepool_priority_pool_required_alignment(kClasses, 3, NULL) <=
        COREPOOL_OBJECT_ALIGNMENT);
  const corepool_priority_pool_options_t options = {.measure_time = true};
  CHECK(corepool_priority_pool_init(&pool, kClasses, 3, &options, memory,
                                    sizeof memory) == COREPOOL_OK);
  CHECK(corepool_priority_pool_init(&pool, kClasses, 3, NULL, memory, sizeof memory) ==
        COREPOOL_ALREADY_INITIALIZED);
  CHECK(corepool_priority_pool_class_count(&pool) == 3);
  CHECK(strcmp(corepool_priority_pool_name_of(&pool, 1), "normal") == 0);

  /* Two of its own, two of the idle, two of the normal: one is reserved. */
  void* blocks[7] = {NULL};
  int of[3] = {0};
  int count = 0;
  while ((blocks[count] = corepool_priority_pool_allocate(&pool, 0)) != NULL) {
    ++of[corepool_priority_pool_class_of(&pool, blocks[count])];
    ++count;
  }
  CHECK(count == 6 && of[0] == 2 && of[1] == 2 && of[2] == 2 && class_events > 0);
  CHECK(corepool_priority_pool_try_allocate_sized(&pool, 2, 65).error ==
        COREPOOL_TOO_LARGE);
  CHECK(corepool_priority_pool_try_allocate(&pool, 3).error == COREPOOL_INVALID_CLASS);
  void* const normal = corepool_priority_pool_allocate_sized(&pool, 1, 64);
  CHECK(normal != NULL);
  CHECK(corepool_priority_pool_try_allocate_from_interrupt(&pool, 2).error ==
        COREPOOL_EXHAUSTED);
  CHECK(corepool_priority_pool_allocate_sized_from_interrupt(&pool, 2, 64) == NULL);
  CHECK(corepool_priority_pool_allocate_until(&pool, 2, COREPOOL_NO_WAIT, 0).error ==
        COREPOOL_EXHAUSTED);
  CHECK(corepool_priority_pool_allocate_sized_until(&pool, 2, 64, COREPOOL_NO_WAIT, 0)
            .error == COREPOOL_EXHAUSTED);
  CHECK(corepool_priority_pool_try_allocate_sized_from_interrupt(&pool, 2, 0).error ==
        COREPOOL_INVALID_SIZE);
  const corepool_class_stats_t stats = corepool_priority_pool_stats_of(&pool, 0);
  CHECK(stats.borrowed == 4 && stats.pool.used == 2);
  CHECK(corepool_priority_pool_stats_of(&pool, 2).lent == 2);
  corepool_pool_row_t row;
  CHECK(corepool_priority_pool_stats_at(&pool, 2, &row));
  CHECK(strcmp(row.label, "idle") == 0);
  for (int i = 0; i < count; ++i) {
    CHECK(corepool_priority_pool_free(&pool, blocks[i]) == COREPOOL_OK);
  }
  CHECK(corepool_priority_pool_free_directly(&pool, normal) == COREPOOL_OK);
  void* const again = corepool_priority_pool_allocate_from_interrupt(&pool, 1);
  CHECK(corepool_priority_pool_class_of(&pool, again) == 1);
  CHECK(corepool_priority_pool_class_of(&pool, &pool) == COREPOOL_NO_CLASS);
  CHECK(corepool_priority_pool_owner_of(&pool, again) == 0);
  CHECK(corepool_priority_pool_set_owner(&pool, again, 1) == COREPOOL_UNSUPPORTED);
  CHECK(corepool_priority_pool_misuses(&pool) == 0);
  CHECK(corepool_priority_pool_reset_peak(&pool, 0) == COREPOOL_OK);
  CHECK(corepool_priority_pool_reset_worst(&pool, 9) == COREPOOL_INVALID_CLASS);
  corepool_priority_pool_flush_caches(&pool);
  CHECK(corepool_priority_pool_audit(&pool, COREPOOL_AUDIT_AT_REST).error ==
        COREPOOL_OK);
  CHECK(corepool_priority_pool_clear(&pool, COREPOOL_LEAKS_REFUSE) ==
        COREPOOL_BLOCKS_IN_USE);
  CHECK(corepool_priority_pool_deinit(&pool, COREPOOL_LEAKS_IGNORE) == COREPOOL_OK);
}

static void TestQuad(void) {
  static corepool_quad_pool_t pool;
  const corepool_quad_pool_options_t options = {
      .min_block_size = 64, .max_block_size = 1024, .block_count = 1};
  CHECK(corepool_quad_pool_try_allocate(&pool, 1).error == COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_quad_pool_validate(&options) == COREPOOL_OK);
  corepool_quad_pool_options_t odd = options;
  odd.max_block_size = 2048;
  CHECK(corepool_quad_pool_validate(&odd) == COREPOOL_INVALID_GEOMETRY);
  const corepool_quad_geometries_t near = corepool_quad_pool_nearest_geometries(&odd);
  CHECK(near.max_below == 1024 && near.max_above == 4096);
  odd.split = COREPOOL_SPLIT_BINARY;
  odd.merge = COREPOOL_MERGE_FIRST;
  CHECK(corepool_quad_pool_validate(&odd) == COREPOOL_OK);
  CHECK(corepool_quad_pool_required_bytes(&options) ==
        corepool_quad_pool_required_block_bytes(&options) +
            corepool_quad_pool_required_bookkeeping_bytes(&options));
  CHECK(corepool_quad_pool_required_alignment(&options) >=
        corepool_quad_pool_required_block_alignment(&options));
  CHECK(corepool_quad_pool_init_apart(&pool, &options, memory, 1024, more,
                                      sizeof more) == COREPOOL_OK);
  CHECK(corepool_quad_pool_bookkeeping_alignment() <= COREPOOL_OBJECT_ALIGNMENT);
  CHECK(corepool_quad_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
  CHECK(corepool_quad_pool_init(&pool, &options, memory, sizeof memory) == COREPOOL_OK);
  CHECK(corepool_quad_pool_levels(&pool) == 3);
  CHECK(corepool_quad_pool_block_size_at(&pool, 2) == 1024);
  CHECK(corepool_quad_pool_largest_free(&pool) == 1024);
  void* const medium = corepool_quad_pool_allocate(&pool, 80);
  CHECK(corepool_quad_pool_size_of(&pool, medium) == 256);
  CHECK(corepool_quad_pool_owns(&pool, medium));
  CHECK(corepool_quad_pool_block_at(&pool, corepool_quad_pool_index_of(&pool, medium)) ==
        medium);
  char map[17] = "";
  CHECK(corepool_quad_pool_map(&pool, map, 16) == 16);
  CHECK(strcmp(map, "1---............") == 0);
  void* blocks[13];
  CHECK(corepool_quad_pool_allocate_bulk(&pool, 64, blocks, 13) == COREPOOL_EXHAUSTED);
  CHECK(corepool_quad_pool_allocate_up_to(&pool, 64, blocks, 13) == 12);
  CHECK(corepool_quad_pool_try_allocate(&pool, 1).error == COREPOOL_EXHAUSTED);
  CHECK(corepool_quad_pool_allocate_until(&pool, 1, COREPOOL_NO_WAIT, 0).error ==
        COREPOOL_EXHAUSTED);
  CHECK(corepool_quad_pool_level_stats_at(&pool, 0).used == 12);
  CHECK(corepool_quad_pool_stats(&pool).used == 16);
  corepool_pool_row_t row;
  CHECK(corepool_quad_pool_stats_at(&pool, 1, &row) && strcmp(row.label, "256") == 0);
  CHECK(!corepool_quad_pool_stats_at(&pool, 3, &row));
  CHECK(corepool_quad_pool_free_bulk(&pool, blocks, 12) == COREPOOL_OK);
  memset(medium, 9, 256);
  void* const small = corepool_quad_pool_reallocate(&pool, medium, 64);
  CHECK(IsFilled(small, 9, 64));
  CHECK(corepool_quad_pool_try_reallocate(&pool, small, 2000).error ==
        COREPOOL_TOO_LARGE);
  CHECK(corepool_quad_pool_free_sized(&pool, small, 64) == COREPOOL_OK);
  corepool_quad_pool_defragment(&pool);
  corepool_quad_pool_reset_peak(&pool);
  CHECK(corepool_quad_pool_allocate(&pool, 1024) == memory ||
        corepool_quad_pool_stats(&pool).used == 16);
  CHECK(corepool_quad_pool_audit(&pool, COREPOOL_AUDIT_AT_REST).error == COREPOOL_OK);
  CHECK(corepool_quad_pool_is_initialized(&pool));
  CHECK(corepool_quad_pool_clear(&pool, COREPOOL_LEAKS_IGNORE) == COREPOOL_OK);
  CHECK(corepool_quad_pool_free(&pool, NULL) == COREPOOL_OK);
  CHECK(corepool_quad_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

static void TestRegistry(void) {
  static corepool_fixed_pool_t fixed;
  static corepool_quad_pool_t quad;
  static corepool_registry_entry_t entries[2];
  static COREPOOL_FIXED_POOL_MEMORY(fixed_memory, 16, 3);
  const corepool_pool_options_t fixed_options = {.block_size = 16, .block_count = 3};
  const corepool_quad_pool_options_t quad_options = {
      .min_block_size = 64, .max_block_size = 256, .block_count = 2};
  CHECK(corepool_registry_add_fixed_pool(&entries[0], "fixed", &fixed) ==
        COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_registry_remove(&entries[0]) == COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_fixed_pool_init(&fixed, &fixed_options, fixed_memory,
                                 sizeof fixed_memory) == COREPOOL_OK);
  CHECK(corepool_quad_pool_init(&quad, &quad_options, memory, sizeof memory) ==
        COREPOOL_OK);
  CHECK(corepool_registry_add_fixed_pool(&entries[0], "fixed", &fixed) == COREPOOL_OK);
  CHECK(corepool_registry_add_fixed_pool(&entries[0], "fixed", &fixed) ==
        COREPOOL_ALREADY_INITIALIZED);
  CHECK(corepool_registry_add_quad_pool(&entries[1], "quad", &quad) == COREPOOL_OK);
  CHECK(corepool_registry_count() == 2);
  CHECK(corepool_fixed_pool_allocate(&fixed) != NULL);
  corepool_registry_cursor_t cursor = {{0}};
  corepool_pool_info_t info;
  CHECK(corepool_registry_next(&cursor, &info) && strcmp(info.name, "fixed") == 0);
  CHECK(info.row.stats.used == 1 && info.number == 0 && info.serial != 0);
  CHECK(corepool_registry_next(&cursor, &info) && strcmp(info.row.label, "64") == 0);
  CHECK(corepool_registry_next(&cursor, &info) && info.number == 1);
  CHECK(!corepool_registry_next(&cursor, &info));
  CHECK(corepool_registry_find("quad", &info, 1) && info.row.stats.block_size == 256);
  CHECK(!corepool_registry_find("nobody", &info, 0));
  for (int i = 0; i < 2; ++i) {
    CHECK(corepool_registry_remove(&entries[i]) == COREPOOL_OK);
  }
  CHECK(corepool_registry_add_fixed_pool(&entries[1], NULL, &fixed) == COREPOOL_OK);
  CHECK(corepool_registry_remove(&entries[1]) == COREPOOL_OK);
  CHECK(corepool_registry_count() == 0);
  CHECK(corepool_fixed_pool_deinit(&fixed, COREPOOL_LEAKS_IGNORE) == COREPOOL_OK);
  CHECK(corepool_quad_pool_deinit(&quad, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

int main(void) {
  TestMulti();
  TestSegment();
  TestDynamic();
  TestPriority();
  TestQuad();
  TestRegistry();
  return CheckResult();
}
