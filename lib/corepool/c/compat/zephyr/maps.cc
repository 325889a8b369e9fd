// Memory maps: FixedPools.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/align.h"
#include "corepool/c/compat/zephyr/objects.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "corepool_zephyr.h"
#include "microkernel/memory_map.h"

namespace corepool::zephyr {
namespace {

using Map = Object<FixedPool>;

constinit Table<FixedPool> maps;

// Blocks lie side by side, as in the original. They are never touched, and no core
// keeps any for itself: memory is for blocks.
PoolOptions OptionsOf(const corepool_zephyr_map& wanted) {
  const std::size_t size = wanted.block_size;
  const std::size_t alignment =
      size == 0 ? 1 : std::size_t{1} << std::countr_zero(size);
  return {.block_size = size,
          .block_count = wanted.block_count,
          .alignment = alignment < kDefaultAlignment ? alignment : kDefaultAlignment,
          .caching = Caching::kNone,
          .state = State::kSide,
          .name = wanted.name == nullptr ? "" : wanted.name,
          .misuse_handler = &OnMisuse<FixedPool>};
}

std::size_t BytesFor(const PoolOptions& options) {
  if (Validate(options) != Error::kOk) return 0;
  const base::CheckedSize bytes =
      base::CheckedSize{HeadBytes<FixedPool>()} + RequiredBytes(options);
  return bytes.overflowed() ? 0 : bytes.value();
}

Map* Create(const corepool_zephyr_map& wanted) {
  PoolOptions options = OptionsOf(wanted);
  const std::size_t needed = BytesFor(options);
  const std::span<std::byte> memory = Aligned(wanted.memory, wanted.bytes);
  if (needed == 0 || memory.size() < needed) return nullptr;
  Map* const map = MakeObject<FixedPool>(memory, options.name, false);
  if (map == nullptr) return nullptr;
  options.waiters = &map->waiters;
  options.misuse_context = map;
  const Error error = map->pool.Init(options, memory.subspan(HeadBytes<FixedPool>()));
  return error == Error::kOk ? map : nullptr;
}

}  // namespace
}  // namespace corepool::zephyr

using corepool::Error;
using corepool::FixedPool;
using corepool::zephyr::Map;
using corepool::zephyr::maps;

int _task_mem_map_alloc(kmemory_map_t mmap, void** mptr, std::int32_t time) {
  if (mptr == nullptr) return RC_FAIL;
  *mptr = nullptr;
  Map* const map = maps.Find(mmap);
  if (map == nullptr) [[unlikely]]
    return RC_FAIL;
  *mptr = map->pool.Allocate();
  if (*mptr != nullptr) [[likely]]
    return RC_OK;
  if (time == TICKS_NONE) return RC_FAIL;
  const auto got = corepool::zephyr::Wait(
      time, [map](corepool::Ticks deadline, std::uint8_t priority) {
        return map->pool.AllocateUntil(deadline, priority);
      });
  *mptr = got.block;
  return corepool::zephyr::ResultOf(got.error);
}

void _task_mem_map_free(kmemory_map_t mmap, void** mptr) {
  if (mptr == nullptr || *mptr == nullptr) return;
  void* const block = *mptr;
  // Before it is free: *mptr may lie in the block.
  *mptr = nullptr;
  Map* const map = maps.Find(mmap);
  if (map == nullptr) [[unlikely]] {
    corepool::zephyr::TellMisuse(Error::kForeignPointer, "", mmap, block);
    return;
  }
  (void)map->pool.Free(block);
}

int task_mem_map_used_get(kmemory_map_t mmap) {
  const Map* const map = maps.Find(mmap);
  return map == nullptr ? 0 : static_cast<int>(map->pool.Stats().used);
}

std::size_t corepool_zephyr_map_bytes(std::size_t block_count, std::size_t block_size) {
  return corepool::zephyr::BytesFor(
      corepool::zephyr::OptionsOf({nullptr, block_count, block_size, nullptr, 0}));
}

int corepool_zephyr_map_create(kmemory_map_t* id, const char* name,
                               std::size_t block_count, std::size_t block_size,
                               void* memory, std::size_t bytes) {
  Map* const made =
      corepool::zephyr::Create({name, block_count, block_size, memory, bytes});
  if (made == nullptr) return RC_FAIL;
  if (!maps.Put(*made)) {
    EndObject(*made);
    return RC_FAIL;
  }
  *id = made->id;
  return RC_OK;
}

int corepool_zephyr_map_delete(kmemory_map_t id) {
  Map* const map = maps.Find(id);
  if (map == nullptr || !EndObject(*map)) return RC_FAIL;
  maps.Remove(id);
  return RC_OK;
}

int corepool_zephyr_add_maps(const struct corepool_zephyr_map* list,
                             std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    Map* const made = corepool::zephyr::Create(list[i]);
    if (made == nullptr) return RC_FAIL;
    if (!maps.PutAt(i, *made)) {
      EndObject(*made);
      return RC_FAIL;
    }
  }
  return RC_OK;
}
