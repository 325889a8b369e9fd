// A memory region that is carved into pieces for good: what DynamicPools grow from, and
// where firmware puts what it allocates once.
//
//   alignas(32) static std::byte memory[4096];
//   static constinit corepool::Segment segment;
//   ...
//   if (segment.Init("DMA", memory, 32) != corepool::Error::kOk) ...
//   void* table = segment.Allocate(200, 8);

#ifndef COREPOOL_SEGMENT_H_
#define COREPOOL_SEGMENT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/carver.h"
#include "corepool/options.h"

namespace corepool {

// What one allocation from a segment came to.
struct SegmentAllocation {
  Error error;          // kOk, or one of those of Segment::TryAllocate
  void* memory;         // nullptr unless kOk
  std::size_t missing;  // kExhausted: so many bytes more and it would have succeeded
                        // (at most SIZE_MAX); otherwise 0
};

// The same for several blocks at once.
struct SegmentBlocks {
  Error error;
  void* memory;         // the first block
  std::size_t count;    // 0 unless kOk
  std::size_t stride;   // bytes from one block to the next
  std::size_t missing;  // bytes, for one block
};

struct SegmentStats {
  std::size_t size;       // bytes
  std::size_t used;       // bytes gone, with what alignment has cost
  std::size_t remaining;  // size - used
  std::size_t padding_alignment;
  std::size_t pools;  // initialised in it
};

// A segment as it was when it was looked at. Copied, so good for as long as one likes.
struct SegmentInfo {
  char name[32];  // cut off if longer; always ends with '\0'
  const void* memory;
  SegmentStats stats;
};

class SegmentCursor;

// Nothing is ever given back, but by Clear or Deinit all at once.
//
// Init, Deinit, Clear, NextSegment and the destructor are for threads only, and may
// wait for each other; not concurrently with any other call on the same segment (but
// for NextSegment). Everything else: any thread, interrupt handler and core, at any
// instruction of any other call; lock-free: an attempt fails only because another call
// has taken some. Without Init there is no memory: kNotInitialized, or 0.
// [default: any; wait-free; O(1)]
class Segment {
 public:
  constexpr Segment() = default;
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  // Takes the segment off the list of segments, as Deinit does. Pools in it, and what
  // else has been allocated from it, must not be used any more.
  // [alone; blocking; O(segments)]
  ~Segment();

  // All of `memory`, which must stay valid until Deinit. What AllocateHardware takes is
  // aligned and padded to `padding_alignment` bytes: a cache line for DMA, say. `name`,
  // "" if nullptr, must outlive the segment too. Errors, which leave everything as it
  // was:
  //   kNullMemory         no memory
  //   kInvalidSize        memory of 0 bytes
  //   kInvalidAlignment   padding_alignment is not a power of two
  //   kTooLarge           more than PTRDIFF_MAX bytes, or beyond the last address
  //   kAlreadyRegistered  an initialised segment has exactly this memory
  //   kOverlappingMemory  an initialised segment has some of it
  //   kAlreadyInitialized
  // [alone; blocking; O(segments)]
  [[nodiscard]] Error Init(const char* name, std::span<std::byte> memory,
                           std::size_t padding_alignment = 1);

  // Gives the memory back. kNotInitialized; kBlocksInUse while DynamicPools are
  // initialised in it. [alone; blocking; O(segments)]
  [[nodiscard]] Error Deinit();

  // Starts anew, with all bytes remaining. Errors as Deinit. [alone; blocking; O(1)]
  [[nodiscard]] Error Clear();

  // `size` bytes with undefined contents, aligned to `alignment`; or nullptr, and
  // TryAllocate tells why, having taken nothing:
  //   kExhausted        what remains, after alignment, is too little
  //   kInvalidSize      size 0
  //   kInvalidAlignment not a power of two
  //   kNotInitialized
  // Any size and alignment may be asked for. [lock-free; O(1), 1 RMW]
  [[nodiscard]] void* Allocate(std::size_t size,
                               std::size_t alignment = kDefaultAlignment) {
    return TryAllocate(size, alignment).memory;
  }
  [[nodiscard]] SegmentAllocation TryAllocate(
      std::size_t size, std::size_t alignment = kDefaultAlignment);

  // The same for memory that hardware reads or writes, with nothing else in its cache
  // lines: aligned to `alignment` and to the segment's padding, and the size rounded up
  // to a multiple of the padding. [lock-free; O(1), 1 RMW]
  [[nodiscard]] void* AllocateHardware(std::size_t size,
                                       std::size_t alignment = kDefaultAlignment) {
    return TryAllocateHardware(size, alignment).memory;
  }
  [[nodiscard]] SegmentAllocation TryAllocateHardware(
      std::size_t size, std::size_t alignment = kDefaultAlignment);

  // As many blocks of `size` bytes, each aligned to `alignment`, as there is room for:
  // at least 1 and at most `most`; most 0 counts as 1. One after the other, `stride`
  // bytes apart: the size rounded up to the alignment. Errors as TryAllocate.
  // [lock-free; O(1), 1 RMW]
  [[nodiscard]] SegmentBlocks AllocateUpTo(std::size_t most, std::size_t size,
                                           std::size_t alignment = kDefaultAlignment);

  // The largest size that could be allocated now; 0 for an alignment that is none.
  [[nodiscard]] std::size_t Remaining(std::size_t alignment = 1) const;

  // Bytes.
  [[nodiscard]] std::size_t size() const { return carver_.size(); }
  [[nodiscard]] std::size_t used() const { return carver_.used(); }
  [[nodiscard]] std::size_t padding_alignment() const { return padding_alignment_; }
  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] bool is_initialized() const { return carver_.begin() != nullptr; }
  // Whether `address` lies in the segment.
  [[nodiscard]] bool Owns(const void* address) const;
  [[nodiscard]] SegmentStats Stats() const;

 private:
  friend class DynamicPool;
  friend class MultiPool;
  friend bool NextSegment(SegmentCursor& cursor, SegmentInfo& info);

  SegmentAllocation Take(std::size_t length, std::size_t alignment);
  Error CheckIdle() const;
  void Withdraw();

  lockfree::Carver carver_;
  std::size_t padding_alignment_ = 1;
  const char* name_ = "";
  lockfree::Atomic<lockfree::Word> pools_{};  // initialised in it
  // The list of segments, in order of their numbers; changed by one thread at a time.
  Segment* next_ = nullptr;
  std::uint64_t serial_ = 0;
};

// Where an iteration over all segments stands.
class SegmentCursor {
 public:
  constexpr SegmentCursor() = default;

 private:
  friend bool NextSegment(SegmentCursor& cursor, SegmentInfo& info);

  std::uint64_t last_ = 0;
};

// The next initialised segment, in order of their Init; false, and `info` untouched,
// after the last. Those that are initialised all the while are each seen once, whatever
// comes and goes.
//
//   for (SegmentCursor cursor; NextSegment(cursor, info);) ...
//
// [threads; blocking; O(segments)]
bool NextSegment(SegmentCursor& cursor, SegmentInfo& info);

}  // namespace corepool

#endif  // COREPOOL_SEGMENT_H_
