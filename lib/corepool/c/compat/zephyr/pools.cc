// Memory pools: QuadPools behind descriptors.

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/base/exact_divisor.h"
#include "corepool/c/compat/zephyr/objects.h"
#include "corepool/c/compat/zephyr/stamped_pool.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
// All functions, and no macros of the same names.
#define COREPOOL_ZEPHYR_API 2016
#include "corepool_zephyr.h"
#include "microkernel/memory_pool.h"

namespace corepool::zephyr {
namespace {

using Pool = Object<StampedPool>;

constinit Table<StampedPool> pools;
constinit lockfree::Atomic<Pool*> heap{nullptr};

// As the original goes down from the largest size. Where a part of it is no whole
// number of bytes, the original leaves a remainder unused; here all blocks are larger.
QuadPoolOptions OptionsOf(const corepool_zephyr_pool& wanted) {
  const std::size_t min = wanted.min_block_size;
  const std::size_t max = wanted.max_block_size;
  QuadPoolOptions options{};  // not valid
  if (min == 0 || min > max || max > PTRDIFF_MAX) return options;
  options.min_block_size = COREPOOL_ZEPHYR_SMALLEST(min, max);
  options.max_block_size = options.min_block_size * COREPOOL_ZEPHYR_LEAVES(min, max);
  options.block_count = wanted.block_count;
  options.name = wanted.name == nullptr ? "" : wanted.name;
  options.misuse_handler = &OnMisuse<StampedPool>;
  return options;
}

std::size_t LeavesOf(const QuadPoolOptions& options) {
  return options.max_block_size / options.min_block_size * options.block_count;
}

// Where the blocks begin, counted from the pool's own memory: behind the bookkeeping
// and the rounds.
std::size_t BlocksOffset(const QuadPoolOptions& options) {
  const std::size_t bytes = RequiredBookkeepingBytes(options) + LeavesOf(options);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// All that the pool needs; 0 if there can be none.
std::size_t BytesFor(const QuadPoolOptions& options) {
  if (Validate(options) != Error::kOk) return 0;
  const base::CheckedSize bytes = base::CheckedSize{HeadBytes<StampedPool>()} +
                                  BlocksOffset(options) + RequiredBlockBytes(options);
  return bytes.overflowed() ? 0 : bytes.value();
}

Pool* Create(const corepool_zephyr_pool& wanted) {
  QuadPoolOptions options = OptionsOf(wanted);
  const std::size_t needed = BytesFor(options);
  const std::span<std::byte> memory = Aligned(wanted.memory, wanted.bytes);
  if (needed == 0 || memory.size() < needed) return nullptr;
  Pool* const pool =
      MakeObject<StampedPool>(memory, options.name, wanted.strict_order != 0);
  if (pool == nullptr) return nullptr;
  options.waiters = &pool->waiters;
  options.misuse_context = pool;
  const std::span<std::byte> rest = memory.subspan(HeadBytes<StampedPool>());
  const std::size_t front = BlocksOffset(options);
  const std::size_t bookkeeping = RequiredBookkeepingBytes(options);
  const Error error =
      pool->pool.Init(options, rest.subspan(front), rest.first(bookkeeping));
  if (error != Error::kOk) return nullptr;
  StampedPool& stamped = pool->pool;
  stamped.leaves = LeavesOf(options);
  stamped.blocks = rest.data() + front;
  stamped.divisor = base::ExactDivisor(options.min_block_size);
  std::byte* const rounds = rest.data() + bookkeeping;
  for (std::size_t i = 0; i < stamped.leaves; ++i) {
    ::new (rounds + i) StampedPool::Round{0};
  }
  stamped.rounds = reinterpret_cast<StampedPool::Round*>(rounds);
  return pool;
}

std::size_t SizeFor(std::uint32_t req_size) {
  const auto size = static_cast<std::int32_t>(req_size);
  return size > 0 ? static_cast<std::size_t>(size) : 1;
}

// {8 bits of the block's address and pool, its round, its stamp}. Never 0, as stamps
// are not.
std::uint32_t TokenOf(const void* block, kmemory_pool_t id, std::uint32_t stamp) {
  const auto address =
      static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(block));
  const std::uint64_t mixed = (address ^ std::uint64_t{id} << 32) * 0x9e3779b97f4a7c15u;
  return static_cast<std::uint32_t>(mixed >> 56) << 24 | stamp;
}

// Whether it is one that was given with this address: the program may have made the
// descriptor of its parts.
bool HasToken(const k_block& block) {
  return TokenOf(block.address_in_pool, block.pool_id,
                 block.corepool_token & 0xffffff) == block.corepool_token;
}

COREPOOL_COLD int Fail(k_block& block, Error error) {
  block.address_in_pool = nullptr;
  block.pointer_to_data = nullptr;
  block.corepool_token = 0;
  return ResultOf(error);
}

COREPOOL_INLINE int Succeed(k_block& block, const Pool& pool, void* address) {
  block.address_in_pool = address;
  block.pointer_to_data = address;
  block.corepool_token = TokenOf(address, block.pool_id, pool.pool.Stamp(address));
  return RC_OK;
}

COREPOOL_COLD int WaitForBlock(k_block& block, Pool& pool, std::int32_t ticks) {
  const std::size_t size = SizeFor(block.req_size);
  const QuadPool::Allocation got =
      Wait(ticks, [&pool, size](Ticks deadline, std::uint8_t priority) {
        return pool.pool.AllocateUntil(size, deadline, priority);
      });
  if (got.error != Error::kOk) return Fail(block, got.error);
  return Succeed(block, pool, got.block);
}

COREPOOL_INLINE int Allocate(k_block* block, kmemory_pool_t id, int size,
                             std::int32_t ticks) {
  if (block == nullptr) [[unlikely]]
    return RC_FAIL;
  block->pool_id = id;
  block->req_size = static_cast<std::uint32_t>(size);
  Pool* const pool = pools.Find(id);
  if (pool == nullptr) [[unlikely]]
    return Fail(*block, Error::kNotInitialized);
  const QuadPool::Allocation got = pool->pool.TryAllocate(SizeFor(block->req_size));
  if (got.error == Error::kOk) [[likely]]
    return Succeed(*block, *pool, got.block);
  if (got.error != Error::kExhausted || ticks == TICKS_NONE) {
    return Fail(*block, got.error);
  }
  return WaitForBlock(*block, *pool, ticks);
}

}  // namespace
}  // namespace corepool::zephyr

using corepool::Error;
using corepool::zephyr::Allocate;
using corepool::zephyr::Pool;
using corepool::zephyr::pools;

int _task_mem_pool_alloc(struct k_block* b, kmemory_pool_t p, int size,
                         std::int32_t ticks) {
  return Allocate(b, p, size, ticks);
}

int task_mem_pool_alloc(struct k_block* blockptr, kmemory_pool_t pool_id, int reqsize,
                        std::int32_t timeout) {
  return Allocate(blockptr, pool_id, reqsize, timeout);
}

void task_mem_pool_free(struct k_block* b) {
  if (b == nullptr || b->address_in_pool == nullptr) return;
  Pool* const pool = pools.Find(b->pool_id);
  if (pool == nullptr) [[unlikely]] {
    corepool::zephyr::TellMisuse(Error::kForeignPointer, "", b->pool_id,
                                 b->address_in_pool);
    return;
  }
  const bool stamped = corepool::zephyr::HasToken(*b);
  if (stamped && !pool->pool.IsInRound(b->address_in_pool,
                                       b->corepool_token & 0xffffff)) [[unlikely]] {
    corepool::zephyr::TellMisuse(Error::kDoubleFree, pool->name, pool->id,
                                 b->address_in_pool);
    return;
  }
  (void)pool->pool.Free(b->address_in_pool, corepool::zephyr::SizeFor(b->req_size),
                        stamped ? static_cast<corepool::BlockStamp>(b->corepool_token)
                                : corepool::kNoStamp);
}

void task_mem_pool_defragment(kmemory_pool_t p) {
  if (Pool* const pool = pools.Find(p)) pool->pool.Defragment();
}

void* task_malloc(std::uint32_t size) {
  // Pairs with: E86 release in corepool_zephyr_set_heap (the pool).
  Pool* const pool = corepool::zephyr::heap.load(corepool::lockfree::kAcquire);
  return pool == nullptr ? nullptr : pool->pool.Allocate(size == 0 ? 1 : size);
}

void task_free(void* ptr) {
  if (ptr == nullptr) return;
  // Pairs with: E86 release in corepool_zephyr_set_heap (the pool).
  Pool* const pool = corepool::zephyr::heap.load(corepool::lockfree::kAcquire);
  if (pool != nullptr) {
    (void)pool->pool.Free(ptr);
  } else {
    corepool::zephyr::TellMisuse(Error::kForeignPointer, "", 0xffffffff, ptr);
  }
}

std::size_t corepool_zephyr_pool_bytes(const struct corepool_zephyr_pool* pool) {
  return corepool::zephyr::BytesFor(corepool::zephyr::OptionsOf(*pool));
}

int corepool_zephyr_pool_create(kmemory_pool_t* id,
                                const struct corepool_zephyr_pool* pool) {
  Pool* const made = corepool::zephyr::Create(*pool);
  if (made == nullptr) return RC_FAIL;
  if (!pools.Put(*made)) {
    EndObject(*made);
    return RC_FAIL;
  }
  *id = made->id;
  return RC_OK;
}

int corepool_zephyr_pool_delete(kmemory_pool_t id) {
  Pool* const pool = pools.Find(id);
  if (pool == nullptr || !EndObject(*pool)) return RC_FAIL;
  pools.Remove(id);
  Pool* the_heap = pool;
  corepool::zephyr::heap.compare_exchange_strong(
      the_heap, nullptr, corepool::lockfree::kRelaxed, corepool::lockfree::kRelaxed);
  return RC_OK;
}

int corepool_zephyr_add_pools(const struct corepool_zephyr_pool* list,
                              std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    Pool* const made = corepool::zephyr::Create(list[i]);
    if (made == nullptr) return RC_FAIL;
    if (!pools.PutAt(i, *made)) {
      EndObject(*made);
      return RC_FAIL;
    }
  }
  return RC_OK;
}

int corepool_zephyr_set_heap(kmemory_pool_t id) {
  Pool* const pool = pools.Find(id);
  if (pool == nullptr) return RC_FAIL;
  // E86. Pairs with: acquire in task_malloc and task_free.
  corepool::zephyr::heap.store(pool, corepool::lockfree::kRelease);
  return RC_OK;
}

int corepool_zephyr_pool_info_get(kmemory_pool_t id,
                                  struct corepool_zephyr_pool_info* info) {
  const Pool* const pool = pools.Find(id);
  if (pool == nullptr) return RC_FAIL;
  const corepool::PoolStats stats = pool->pool.Stats();
  const std::size_t largest = pool->pool.BlockSizeAt(pool->pool.levels() - 1);
  *info = {.name = pool->name,
           .min_block_size = stats.block_size,
           .max_block_size = largest,
           .block_count = stats.capacity * stats.block_size / largest,
           .used = stats.used * stats.block_size,
           .peak = stats.peak * stats.block_size,
           .largest_free = pool->pool.LargestFree(),
           .allocations = stats.allocations,
           .frees = stats.frees,
           .failures = stats.failures,
           .misuses = stats.misuses,
           .waiting = pool->waiters.Count()};
  return RC_OK;
}
