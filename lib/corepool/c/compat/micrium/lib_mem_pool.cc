// Static pools.

#include <cstddef>
#include <cstdint>

#include "corepool/base/align.h"
#include "corepool/c/compat/micrium/include/lib_mem.h"
#include "corepool/c/compat/micrium/records.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/segment.h"

namespace {

using corepool::Error;
using corepool::FixedPool;
using corepool::micrium::Creating;
using corepool::micrium::PoolRecord;
using corepool::micrium::RecordOf;
using corepool::micrium::Say;
using corepool::micrium::SegmentRecord;
using corepool::micrium::Shared;

// The caller is told by an error code.
void Refuse(const corepool::MisuseReport&) {}

// The segment of exactly that memory; a new one if there is none.
LIB_ERR FindOrMakeSegment(void* begin, std::size_t size, SegmentRecord** found) {
  const auto base = reinterpret_cast<std::uintptr_t>(begin);
  if (size == 0) return LIB_MEM_ERR_INVALID_SEG_SIZE;
  for (SegmentRecord* one = corepool::micrium::Segments(); one != nullptr;
       one = one->older) {
    if (one->base == base && one->last == base + (size - 1)) {
      *found = one;
      return LIB_MEM_ERR_NONE;
    }
  }
  switch (
      corepool::micrium::CreateSegment(nullptr, nullptr, base, size, 1, true, found)) {
    case Error::kOk: return LIB_MEM_ERR_NONE;
    case Error::kOverlappingMemory: return LIB_MEM_ERR_INVALID_SEG_OVERLAP;
    case Error::kTooLarge: return LIB_MEM_ERR_INVALID_SEG_SIZE;
    default: return LIB_MEM_ERR_SEG_OVF;
  }
}

LIB_ERR Create(MEM_POOL* pool, void* begin, std::size_t region, std::size_t count,
               std::size_t size, std::size_t align, CPU_SIZE_T* missing) {
  if (pool == nullptr) return LIB_MEM_ERR_NULL_PTR;
  if (begin != nullptr && region == 0) return LIB_MEM_ERR_INVALID_SEG_SIZE;
  if (count == 0) return LIB_MEM_ERR_INVALID_BLK_NBR;
  if (size == 0) return LIB_MEM_ERR_INVALID_BLK_SIZE;
  if (!corepool::base::IsPowerOfTwo(align)) return LIB_MEM_ERR_INVALID_BLK_ALIGN;
  const auto stride = corepool::base::CheckedSize(size).AlignedUp(align);
  const auto bytes = stride * count;
  const corepool::PoolOptions options{.block_size = stride.value(),
                                      .block_count = count,
                                      .alignment = align,
                                      .caching = corepool::Caching::kNone,
                                      .state = corepool::State::kSide,
                                      .misuse_handler = Refuse};
  if (bytes.overflowed() || Validate(options) != Error::kOk) {
    return LIB_MEM_ERR_ADDR_OVF;
  }
  const Creating creating;
  SegmentRecord* segment = corepool::micrium::HeapWhileCreating();
  if (begin != nullptr) {
    const LIB_ERR error = FindOrMakeSegment(begin, region, &segment);
    if (error != LIB_MEM_ERR_NONE) return error;
  }
  if (segment == nullptr) return LIB_MEM_ERR_HEAP_EMPTY;
  // Before the segment's memory, which cannot be given back.
  PoolRecord* const record =
      corepool::micrium::TakePoolRecord(pool, RequiredBookkeepingBytes(options));
  if (record == nullptr) return LIB_MEM_ERR_SEG_OVF;
  const auto got = segment->segment.TryAllocate(bytes.value(), align);
  if (got.error != Error::kOk) {
    if (missing != nullptr) *missing = got.missing;
    return LIB_MEM_ERR_SEG_OVF;
  }
  corepool::micrium::ShowNext(*segment);
  (void)corepool::micrium::NoteAllocation(segment->owner, "Unnamed static pool",
                                          bytes.value());
  auto* const blocks = static_cast<std::byte*>(got.memory);
  if (record->fixed.Init(options, {blocks, RequiredBlockBytes(options)},
                         record->bookkeeping) != Error::kOk) {
    return LIB_MEM_ERR_ADDR_OVF;
  }
  // The last block is the first to be had.
  for (std::size_t i = 0; i < count; ++i) (void)record->fixed.Allocate();
  for (std::size_t i = 0; i < count; ++i) {
    (void)record->fixed.Free(record->fixed.BlockAt(i));
  }
  record->segment = segment;
  *pool = {.PoolAddrStart = blocks,
           .PoolAddrEnd = blocks + (bytes.value() - 1),
           .BlkNbr = count,
           .BlkSize = stride.value(),
           .BlkFreeTbl = nullptr,
           .BlkFreeTblIx = count,
           .CorepoolPtr = record};
  record->owner = pool;
  return LIB_MEM_ERR_NONE;
}

}  // namespace

extern "C" {

void Mem_PoolCreate(MEM_POOL* p_pool, void* p_mem_base, CPU_SIZE_T mem_size,
                    MEM_POOL_BLK_QTY blk_nbr, CPU_SIZE_T blk_size, CPU_SIZE_T blk_align,
                    CPU_SIZE_T* p_bytes_reqd, LIB_ERR* p_err) {
  if (p_bytes_reqd != nullptr) *p_bytes_reqd = 0;
  if (p_err == nullptr) return;
  *p_err =
      Create(p_pool, p_mem_base, mem_size, blk_nbr, blk_size, blk_align, p_bytes_reqd);
}

void Mem_PoolClr(MEM_POOL* p_pool, LIB_ERR* p_err) {
  if (p_pool == nullptr || p_err == nullptr) return Say(p_err, LIB_MEM_ERR_NULL_PTR);
  *p_pool = {};
  *p_err = LIB_MEM_ERR_NONE;
}

void* Mem_PoolBlkGet(MEM_POOL* p_pool, CPU_SIZE_T size, LIB_ERR* p_err) {
  if (p_pool == nullptr || p_err == nullptr) {
    Say(p_err, LIB_MEM_ERR_NULL_PTR);
    return nullptr;
  }
  if (size == 0 || size > p_pool->BlkSize) {
    *p_err = LIB_MEM_ERR_INVALID_BLK_SIZE;
    return nullptr;
  }
  PoolRecord* const record = RecordOf(p_pool, p_pool->CorepoolPtr);
  if (record == nullptr) {
    *p_err = LIB_MEM_ERR_INVALID_POOL;
    return nullptr;
  }
  void* const block = record->fixed.Allocate();
  if (block == nullptr) {
    *p_err = LIB_MEM_ERR_POOL_EMPTY;
    return nullptr;
  }
  Shared(p_pool->BlkFreeTblIx)
      .fetch_add(~std::uintptr_t{0}, corepool::lockfree::kRelaxed);
  *p_err = LIB_MEM_ERR_NONE;
  return block;
}

void Mem_PoolBlkFree(MEM_POOL* p_pool, void* p_blk, LIB_ERR* p_err) {
  if (p_pool == nullptr || p_blk == nullptr || p_err == nullptr) {
    return Say(p_err, LIB_MEM_ERR_NULL_PTR);
  }
  PoolRecord* const record = RecordOf(p_pool, p_pool->CorepoolPtr);
  if (record == nullptr) return Say(p_err, LIB_MEM_ERR_INVALID_POOL);
  switch (record->fixed.Free(p_blk)) {
    case Error::kOk: break;
    case Error::kDoubleFree: return Say(p_err, LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL);
    default: return Say(p_err, LIB_MEM_ERR_INVALID_BLK_ADDR);
  }
  Shared(p_pool->BlkFreeTblIx).fetch_add(1, corepool::lockfree::kRelaxed);
  *p_err = LIB_MEM_ERR_NONE;
}

MEM_POOL_BLK_QTY Mem_PoolBlkGetNbrAvail(MEM_POOL* p_pool, LIB_ERR* p_err) {
  if (p_pool == nullptr || p_err == nullptr) {
    Say(p_err, LIB_MEM_ERR_NULL_PTR);
    return 0;
  }
  *p_err = LIB_MEM_ERR_NONE;
  const PoolRecord* const record = RecordOf(p_pool, p_pool->CorepoolPtr);
  return record == nullptr ? 0 : record->fixed.Stats().free;
}

}  // extern "C"
