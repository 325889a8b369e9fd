// Dynamic pools.

#include <cstddef>
#include <cstdint>

#include "corepool/base/align.h"
#include "corepool/c/compat/micrium/include/lib_mem.h"
#include "corepool/c/compat/micrium/records.h"
#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"

namespace {

using corepool::DynamicPool;
using corepool::DynamicPoolOptions;
using corepool::Error;
using corepool::micrium::Creating;
using corepool::micrium::PoolRecord;
using corepool::micrium::RecordOf;
using corepool::micrium::Say;
using corepool::micrium::SegmentRecord;
using corepool::micrium::Shared;

// The caller is told by an error code.
void Refuse(const corepool::MisuseReport&) {}

LIB_ERR Create(const char* name, MEM_DYN_POOL* pool, MEM_SEG* seg, std::size_t size,
               std::size_t align, std::size_t initial, std::size_t most,
               bool hardware) {
  const Creating creating;
  SegmentRecord* const segment =
      seg == nullptr ? corepool::micrium::HeapWhileCreating() : RecordOf(seg);
  if (segment == nullptr || pool == nullptr) return LIB_MEM_ERR_NULL_PTR;
  if (size == 0) return LIB_MEM_ERR_INVALID_BLK_SIZE;
  if (most != LIB_MEM_BLK_QTY_UNLIMITED && initial > most) {
    return LIB_MEM_ERR_INVALID_BLK_NBR;
  }
  if (!corepool::base::IsPowerOfTwo(align)) return LIB_MEM_ERR_INVALID_BLK_ALIGN;

  const std::size_t padding = segment->segment.padding_alignment();
  const std::size_t alignment = hardware && padding > align ? padding : align;
  const std::size_t length = size < sizeof(void*) ? sizeof(void*) : size;
  const auto stride = corepool::base::CheckedSize(length).AlignedUp(alignment);
  if ((stride * initial).overflowed()) return LIB_MEM_ERR_ADDR_OVF;
  // Beyond those that there is room for the maximum makes no difference.
  const std::size_t room = segment->segment.Remaining(alignment) / stride.value();
  if (initial > room) return LIB_MEM_ERR_SEG_OVF;
  std::size_t maximum = most;
  if (most == LIB_MEM_BLK_QTY_UNLIMITED || most > room) {
    maximum = corepool::kUnlimited;
  }
  const DynamicPoolOptions options{.block_size = length,
                                   .alignment = align,
                                   .initial = initial,
                                   .maximum = maximum,
                                   .hardware = hardware,
                                   .caching = corepool::Caching::kNone,
                                   .state = corepool::State::kSide,
                                   .name = name == nullptr ? "" : name,
                                   .misuse_handler = Refuse};
  const std::size_t bytes = RequiredBookkeepingBytes(options, segment->segment);
  PoolRecord* const record = corepool::micrium::TakePoolRecord(pool, bytes);
  if (record == nullptr) return LIB_MEM_ERR_SEG_OVF;
  // Fails for want of room only.
  if (record->growing.Init(options, segment->segment, record->bookkeeping) !=
      Error::kOk) {
    return LIB_MEM_ERR_SEG_OVF;
  }
  corepool::micrium::ShowNext(*segment);
  record->segment = segment;
  record->noted = initial;
  record->info =
      corepool::micrium::NoteAllocation(segment->owner, name, stride.value() * initial);
  *pool = {.PoolSegPtr = segment->owner,
           .BlkSize = size,
           .BlkAlign = alignment,
           .BlkPaddingAlign = hardware ? padding : LIB_MEM_PADDING_ALIGN_NONE,
           .BlkFreePtr = nullptr,
           .BlkQtyMax = most,
           .BlkAllocCnt = 0,
           .NamePtr = name,
           .CorepoolPtr = record};
  record->owner = pool;
  return LIB_MEM_ERR_NONE;
}

bool IsLimited(const MEM_DYN_POOL& pool) {
  return pool.BlkQtyMax != LIB_MEM_BLK_QTY_UNLIMITED;
}

}  // namespace

extern "C" {

void Mem_DynPoolCreate(const CPU_CHAR* p_name, MEM_DYN_POOL* p_pool, MEM_SEG* p_seg,
                       CPU_SIZE_T blk_size, CPU_SIZE_T blk_align,
                       CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max,
                       LIB_ERR* p_err) {
  if (p_err == nullptr) return;
  *p_err = Create(p_name, p_pool, p_seg, blk_size, blk_align, blk_qty_init, blk_qty_max,
                  false);
}

void Mem_DynPoolCreateHW(const CPU_CHAR* p_name, MEM_DYN_POOL* p_pool, MEM_SEG* p_seg,
                         CPU_SIZE_T blk_size, CPU_SIZE_T blk_align,
                         CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max,
                         LIB_ERR* p_err) {
  if (p_err == nullptr) return;
  *p_err = Create(p_name, p_pool, p_seg, blk_size, blk_align, blk_qty_init, blk_qty_max,
                  true);
}

void* Mem_DynPoolBlkGet(MEM_DYN_POOL* p_pool, LIB_ERR* p_err) {
  if (p_pool == nullptr || p_err == nullptr) [[unlikely]] {
    Say(p_err, LIB_MEM_ERR_NULL_PTR);
    return nullptr;
  }
  PoolRecord* const record = RecordOf(p_pool, p_pool->CorepoolPtr);
  if (record == nullptr) [[unlikely]] {
    *p_err = LIB_MEM_ERR_INVALID_POOL;
    return nullptr;
  }
  const DynamicPool::Allocation got = record->growing.TryAllocate();
  if (got.error != Error::kOk) [[unlikely]] {
    *p_err =
        got.error == Error::kExhausted ? LIB_MEM_ERR_POOL_EMPTY : LIB_MEM_ERR_SEG_OVF;
    return nullptr;
  }
  // It may have grown.
  corepool::micrium::ShowNext(*record->segment);
  if (IsLimited(*p_pool)) {
    Shared(p_pool->BlkAllocCnt).fetch_add(1, corepool::lockfree::kRelaxed);
  }
  *p_err = LIB_MEM_ERR_NONE;
  return got.block;
}

void Mem_DynPoolBlkFree(MEM_DYN_POOL* p_pool, void* p_blk, LIB_ERR* p_err) {
  if (p_pool == nullptr || p_blk == nullptr || p_err == nullptr) [[unlikely]] {
    return Say(p_err, LIB_MEM_ERR_NULL_PTR);
  }
  PoolRecord* const record = RecordOf(p_pool, p_pool->CorepoolPtr);
  if (record == nullptr) [[unlikely]]
    return Say(p_err, LIB_MEM_ERR_INVALID_POOL);
  const Error error = record->growing.Free(p_blk);
  if (error != Error::kOk) [[unlikely]] {
    if (IsLimited(*p_pool) && record->growing.Stats().used == 0) {
      *p_err = LIB_MEM_ERR_POOL_FULL;
    } else {
      *p_err = error == Error::kDoubleFree ? LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL
                                           : LIB_MEM_ERR_INVALID_BLK_ADDR;
    }
    return;
  }
  if (IsLimited(*p_pool)) {
    Shared(p_pool->BlkAllocCnt)
        .fetch_add(~std::uintptr_t{0}, corepool::lockfree::kRelaxed);
  }
  *p_err = LIB_MEM_ERR_NONE;
}

CPU_SIZE_T Mem_DynPoolBlkNbrAvailGet(MEM_DYN_POOL* p_pool, LIB_ERR* p_err) {
  if (p_pool == nullptr || p_err == nullptr) {
    Say(p_err, LIB_MEM_ERR_NULL_PTR);
    return 0;
  }
  const PoolRecord* const record = RecordOf(p_pool, p_pool->CorepoolPtr);
  if (record == nullptr || !IsLimited(*p_pool)) {
    *p_err = record == nullptr ? LIB_MEM_ERR_INVALID_POOL : LIB_MEM_ERR_POOL_UNLIMITED;
    return 0;
  }
  *p_err = LIB_MEM_ERR_NONE;
  return p_pool->BlkQtyMax - record->growing.Stats().used;
}

}  // extern "C"
