// Pools of blocks, by size, out of a heap that never takes anything back.

#ifndef COREPOOL_C_COMPAT_MICROTBX_BLOCK_POOLS_H_
#define COREPOOL_C_COMPAT_MICROTBX_BLOCK_POOLS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/microtbx/heap_index.h"
#include "corepool/c/compat/microtbx/size_list.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_index.h"
#include "corepool/port/port.h"

namespace corepool::microtbx {

// What there is of a block besides its data. Its user's overruns cannot reach it: the
// records of all blocks that were made at once lie in front of them.
struct Record {
  using Link = std::uintptr_t;

  // In the low bits the next on the free list, or one of HeapIndex's last indices;
  // above them the pool's id.
  lockfree::Atomic<Link> link;
  lockfree::Atomic<std::uintptr_t> data;  // where the block is
};
// In front of the data: where the record is. Believed only if that says the same.
using Header = lockfree::Atomic<std::uintptr_t>;

// A piece of the heap, for as many blocks as were made at once:
//
//   | record | record | ... | header | data | header | data | ...
//
// So a block takes three pointers and its data, rounded up to a pointer's size: what it
// does with MicroTBX. The heads of the free lists are not in the heap.
//
// Free lists are Treiber's stacks of records' indices, with a tag beside the index on
// top (lockfree/tagged_stack.h says why and which orders; E1 and E2 are the same here).
// A piece belongs to one pool for ever.
//
// Any context, at any instruction of any other call; lock-free. Constant-initialised.
class BlockPools {
 public:
  struct Got {
    Error error;
    void* block;  // nullptr unless kOk
  };

  constexpr BlockPools() = default;

  // Contracts: tbx_mempool.h. kInvalidSize, kTooLarge, kSegmentExhausted (the heap),
  // kTooMany (sizes, or regions).
  Error Create(std::size_t count, std::size_t size);
  // kInvalidSize, kTooLarge, kExhausted.
  Got Allocate(std::size_t size, bool strict);
  // As both.
  Got AllocateExactly(std::size_t size);
  // kNullMemory, kForeignPointer, kDoubleFree.
  Error Free(void* block);

 private:
  using Id = SizeList::Id;
  using Index = HeapIndex::Index;
  using Word = lockfree::Word;
  using Link = Record::Link;

  static constexpr lockfree::TaggedIndex kTagged{HeapIndex::kNone};
  static constexpr Link kIndexMask = HeapIndex::kNone;
  // What a link leads to, of blocks that are on no free list.
  static constexpr Link kAllocated = HeapIndex::kNone - 1;
  static constexpr Link kReturning = HeapIndex::kNone - 2;
  static_assert(kReturning == HeapIndex::kEnd);
  static_assert(SizeList::kMost <= (~Link{0} >> HeapIndex::kBits));
  static_assert(sizeof(Record) == 2 * sizeof(void*));
  static_assert(sizeof(Header) == sizeof(void*));

  // Small where there is one core.
  struct alignas(sizeof(Word) == 8 ? port::Port::kInterferenceBytes
                                   : sizeof(Word)) Head {
    // The top's index, complemented, so that all-zero is none.
    lockfree::Atomic<Word> word{};
  };

  static Word Code(Word word) { return word ^ kIndexMask; }
  static Link LinkOf(Id pool, Link index) {
    return Link{pool} << HeapIndex::kBits | index;
  }
  Record* RecordAt(Index index) const {
    return static_cast<Record*>(index_.PlaceAt(index));
  }

  // The block on top, or nullptr if there was none at the instant when the head was
  // `seen`.
  COREPOOL_INLINE void* Pop(Id pool, Word& seen);
  // Records from number `first` on, linked up to `last`.
  void Push(Id pool, Index first, Record* last);
  Got Search(Id first, std::size_t size);
  // Records, headers and blocks of one pool, linked; nullptr: `error` says why.
  Record* Make(std::size_t count, std::size_t size, Id& pool, Error& error);
  std::byte* TakeFromHeap(std::size_t bytes);

  HeapIndex index_;
  SizeList sizes_;
  lockfree::Atomic<Word> misaligned_{};  // not 0: so the heap is
  Head heads_[SizeList::kMost];
};

}  // namespace corepool::microtbx

#endif  // COREPOOL_C_COMPAT_MICROTBX_BLOCK_POOLS_H_
