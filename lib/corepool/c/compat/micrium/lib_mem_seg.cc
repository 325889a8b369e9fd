// Segments and the heap.

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/micrium/include/lib_mem.h"
#include "corepool/c/compat/micrium/records.h"
#include "corepool/error.h"
#include "corepool/segment.h"

namespace {

using corepool::Error;
using corepool::SegmentAllocation;
using corepool::micrium::Creating;
using corepool::micrium::RecordOf;
using corepool::micrium::Say;
using corepool::micrium::SegmentOrHeap;
using corepool::micrium::SegmentRecord;

LIB_ERR CodeOf(Error error) {
  switch (error) {
    case Error::kOk: return LIB_MEM_ERR_NONE;
    case Error::kInvalidSize: return LIB_MEM_ERR_INVALID_MEM_SIZE;
    case Error::kInvalidAlignment: return LIB_MEM_ERR_INVALID_MEM_ALIGN;
    case Error::kTooLarge: return LIB_MEM_ERR_INVALID_SEG_SIZE;
    case Error::kAlreadyRegistered: return LIB_MEM_ERR_INVALID_SEG_EXISTS;
    case Error::kOverlappingMemory: return LIB_MEM_ERR_INVALID_SEG_OVERLAP;
    case Error::kExhausted:
    case Error::kTooMany: return LIB_MEM_ERR_SEG_OVF;
    default: return LIB_MEM_ERR_NULL_PTR;
  }
}

void* Allocate(const char* name, MEM_SEG* seg, std::size_t size, std::size_t align,
               bool hardware, CPU_SIZE_T* missing, LIB_ERR* error) {
  SegmentRecord* const record = error == nullptr ? nullptr : SegmentOrHeap(seg);
  if (record == nullptr) {
    Say(error, LIB_MEM_ERR_NULL_PTR);
    return nullptr;
  }
  const SegmentAllocation got = hardware
                                    ? record->segment.TryAllocateHardware(size, align)
                                    : record->segment.TryAllocate(size, align);
  if (missing != nullptr) *missing = got.missing;
  *error = CodeOf(got.error);
  if (got.error == Error::kOk) {
    corepool::micrium::ShowNext(*record);
    (void)corepool::micrium::NoteAllocation(record->owner, name, size);
  }
  return got.memory;
}

}  // namespace

extern "C" {

void Mem_Init(void) {
  const Creating creating;
  SegmentRecord* const heap = corepool::micrium::HeapWhileCreating();
  for (SegmentRecord* one = corepool::micrium::Segments(); one != nullptr;
       one = one->older) {
    one->forgotten = one != heap;
  }
  if (heap != nullptr) corepool::micrium::ClearSegment(*heap);
}

void Mem_SegCreate(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_ADDR seg_base_addr,
                   CPU_SIZE_T size, CPU_SIZE_T padding_align, LIB_ERR* p_err) {
  if (p_err == nullptr) return;
  if (p_seg == nullptr) return Say(p_err, LIB_MEM_ERR_NULL_PTR);
  const Creating creating;
  (void)corepool::micrium::HeapWhileCreating();
  *p_err = CodeOf(corepool::micrium::CreateSegment(
      p_name, p_seg, seg_base_addr, size, padding_align,
      corepool_micrium_configuration.checks != 0, nullptr));
}

void Mem_SegClr(MEM_SEG* p_seg, LIB_ERR* p_err) {
  if (p_err == nullptr) return;
  SegmentRecord* const record = p_seg == nullptr ? nullptr : RecordOf(p_seg);
  if (record == nullptr) return Say(p_err, LIB_MEM_ERR_NULL_PTR);
  const Creating creating;
  corepool::micrium::ClearSegment(*record);
  *p_err = LIB_MEM_ERR_NONE;
}

void* Mem_SegAlloc(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_SIZE_T size,
                   LIB_ERR* p_err) {
  return Allocate(p_name, p_seg, size, sizeof(CPU_ALIGN), false, nullptr, p_err);
}

void* Mem_SegAllocExt(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_SIZE_T size,
                      CPU_SIZE_T align, CPU_SIZE_T* p_bytes_reqd, LIB_ERR* p_err) {
  return Allocate(p_name, p_seg, size, align, false, p_bytes_reqd, p_err);
}

void* Mem_SegAllocHW(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_SIZE_T size,
                     CPU_SIZE_T align, CPU_SIZE_T* p_bytes_reqd, LIB_ERR* p_err) {
  return Allocate(p_name, p_seg, size, align, true, p_bytes_reqd, p_err);
}

void* Mem_HeapAlloc(CPU_SIZE_T size, CPU_SIZE_T align, CPU_SIZE_T* p_bytes_reqd,
                    LIB_ERR* p_err) {
  void* const memory =
      Allocate(nullptr, nullptr, size, align, true, p_bytes_reqd, p_err);
  if (p_err != nullptr && *p_err == LIB_MEM_ERR_SEG_OVF) *p_err = LIB_MEM_ERR_HEAP_OVF;
  return memory;
}

CPU_SIZE_T Mem_HeapGetSizeRem(CPU_SIZE_T align, LIB_ERR* p_err) {
  return Mem_SegRemSizeGet(nullptr, align, nullptr, p_err);
}

CPU_SIZE_T Mem_SegRemSizeGet(MEM_SEG* p_seg, CPU_SIZE_T align, MEM_SEG_INFO* p_seg_info,
                             LIB_ERR* p_err) {
  if (p_err == nullptr) return 0;
  if (align == 0 || (align & (align - 1)) != 0) {
    *p_err = LIB_MEM_ERR_INVALID_MEM_ALIGN;
    return 0;
  }
  SegmentRecord* const record = SegmentOrHeap(p_seg);
  if (record == nullptr) {
    *p_err = LIB_MEM_ERR_NULL_PTR;
    return 0;
  }
  // One look, so that all numbers belong together.
  const std::size_t used = record->segment.used();
  const std::size_t total = record->segment.size();
  const std::uintptr_t base = record->owner->AddrBase;
  const std::size_t skip =
      static_cast<std::size_t>((std::uintptr_t{0} - (base + used)) & (align - 1));
  const std::size_t left = total - used;
  const std::size_t remaining = skip < left ? left - skip : 0;
  if (p_seg_info != nullptr) {
    *p_seg_info = {.UsedSize = used,
                   .TotalSize = total,
                   .AddrBase = base,
                   .AddrNextAlloc = remaining == 0 ? 0 : base + used + skip};
  }
  *p_err = LIB_MEM_ERR_NONE;
  return remaining;
}

}  // extern "C"
