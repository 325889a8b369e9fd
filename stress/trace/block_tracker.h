// What a trace's events mean for a pool: which blocks they allocate and free.

#ifndef COREPOOL_STRESS_TRACE_BLOCK_TRACKER_H_
#define COREPOOL_STRESS_TRACE_BLOCK_TRACKER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "stress/trace/malloc_trace.h"

namespace corepool::stress {

// One operation, of a block that is known by its number. Numbers are used again, but
// never for two live blocks.
struct TraceStep {
  enum class Kind : std::uint8_t { kAllocate, kFree, kReallocate };
  Kind kind = Kind::kAllocate;
  std::uint32_t block = 0;
  std::uint64_t thread = 0;
  std::uint64_t size = 0;      // bytes; at least 1; of a free: 0
  std::uint64_t old_size = 0;  // of what is freed or reallocated
  std::int64_t at_ns = 0;
};

// Requests of the trace are counted once each, by what they are; the rest says what
// became of them.
struct TraceCounts {
  std::uint64_t allocations = 0;    // malloc, calloc, memalign
  std::uint64_t frees = 0;          // free, also of nothing and of unknown blocks
  std::uint64_t reallocations = 0;  // realloc of any kind
  std::uint64_t threads = 0;        // different ones

  std::uint64_t blocks_allocated = 0;    // steps kAllocate
  std::uint64_t blocks_freed = 0;        // steps kFree
  std::uint64_t blocks_reallocated = 0;  // steps kReallocate
  std::uint64_t never_freed = 0;         // blocks live at the end

  std::uint64_t null_frees = 0;     // of the null pointer
  std::uint64_t unknown_frees = 0;  // of what was allocated before the trace began
  std::uint64_t unknown_reallocations = 0;  // likewise: they became allocations
  std::uint64_t failed = 0;      // got the null pointer when the trace was recorded
  std::uint64_t zero_sized = 0;  // of 0 bytes: served with 1
  std::uint64_t too_large = 0;   // larger than Options::largest: left out
  std::uint64_t too_large_frees = 0;  // of those
  std::uint64_t unseen_frees = 0;     // of blocks whose address came up anew: the trace
                                      // cannot have seen them being freed
  std::uint64_t overlaps = 0;  // addresses that came up while live, where the order of
                               // threads' lines is loose: the older is freed first
  std::uint64_t peak_blocks = 0;
  std::uint64_t peak_bytes = 0;  // asked for
  std::uint64_t largest = 0;     // bytes asked for, of what was not too large

  bool operator==(const TraceCounts&) const = default;
};

// Follows a trace. Memory is for live blocks, and for threads; not for events.
class BlockTracker {
 public:
  struct Options {
    Addresses addresses = Addresses::kOfAllThreads;
    std::uint64_t largest = std::uint64_t{1} << 31;
  };

  explicit BlockTracker(Options options) : options_(options) {}

  // What the event does, in order; 0 to 2 steps, valid until the next call.
  std::span<const TraceStep> Take(const MallocEvent& event);

  // Of what has been taken so far.
  TraceCounts counts() const;
  // Numbers of blocks are below this.
  std::uint32_t block_numbers() const { return block_numbers_; }

  // A block that is live, as Finish() gives it.
  std::vector<TraceStep> StepsToFreeAll() const;

 private:
  struct Key {
    std::uint64_t space;
    std::uint64_t address;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      const std::uint64_t mixed =
          (key.address ^ (key.space << 48) ^ (key.space >> 16)) * 0x9e3779b97f4a7c15;
      return static_cast<std::size_t>(mixed ^ (mixed >> 32));
    }
  };
  static constexpr std::uint32_t kLeftOut = ~std::uint32_t{0};
  struct Live {
    std::uint32_t block;  // kLeftOut: too large
    std::uint64_t size;
    std::uint64_t thread;
  };

  Key KeyOf(const MallocEvent& event, std::uint64_t address) const {
    return {options_.addresses == Addresses::kOfEachThread ? event.thread : 0, address};
  }
  void Allocate(const MallocEvent& event);
  void Free(const MallocEvent& event, std::uint64_t address);
  void Reallocate(const MallocEvent& event);
  bool Forget(const Key& key, Live& live);
  void Remember(const MallocEvent& event, const Live& live);
  TraceStep& AddStep(TraceStep::Kind kind, const MallocEvent& event,
                     std::uint32_t block);
  void AddFree(const MallocEvent& event, const Live& live);
  std::uint32_t NewNumber();
  std::uint64_t SizeServed(const MallocEvent& event);
  void CountLive(std::uint64_t more, std::uint64_t less, int blocks);

  Options options_;
  std::unordered_map<Key, Live, Hash> live_;
  std::unordered_map<Key, std::deque<Live>, Hash> younger_;  // at addresses in live_
  std::unordered_map<std::uint64_t, bool> threads_;
  std::deque<std::uint32_t> free_numbers_;
  std::uint32_t block_numbers_ = 0;
  std::uint64_t live_blocks_ = 0;
  std::uint64_t live_bytes_ = 0;
  TraceCounts counts_;
  std::array<TraceStep, 2> steps_;
  std::size_t step_count_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_BLOCK_TRACKER_H_
