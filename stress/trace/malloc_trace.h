// A trace of allocations and frees, one event after the other.

#ifndef COREPOOL_STRESS_TRACE_MALLOC_TRACE_H_
#define COREPOOL_STRESS_TRACE_MALLOC_TRACE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace corepool::stress {

// What the traced program did. Blocks are named by their addresses, or by whatever
// numbers the trace has; 0 is no block.
struct MallocEvent {
  enum class Kind : std::uint8_t {
    kAllocate,     // `block` of `size` bytes
    kFree,         // `block`
    kReallocate,   // `old_block` became `block` of `size` bytes
    kThreadEnded,  // `thread`
  };
  Kind kind = Kind::kAllocate;
  std::uint64_t thread = 0;
  std::uint64_t block = 0;
  std::uint64_t old_block = 0;
  std::uint64_t size = 0;  // bytes asked for
  std::int64_t at_ns = 0;  // by the trace's clock, if it has one
};

// What addresses mean in a trace.
enum class Addresses : std::uint8_t {
  kOfAllThreads,  // one space; a block may be freed by any thread
  kOfEachThread,  // the same number is another block in another thread
};

class MallocTrace {
 public:
  virtual ~MallocTrace() = default;
  // The next event; false at the end. Messages begin with the place of what is wrong.
  virtual absl::StatusOr<bool> Next(MallocEvent& event) = 0;
  // Back to the first event; the same ones come again.
  virtual absl::Status Rewind() = 0;
  virtual Addresses addresses() const { return Addresses::kOfAllThreads; }
  // Whether events have times.
  virtual bool has_clock() const { return false; }
  virtual std::size_t skipped_lines() const { return 0; }
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_MALLOC_TRACE_H_
