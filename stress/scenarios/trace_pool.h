// A MultiPool that a trace is replayed on, with everything that watches it.

#ifndef COREPOOL_STRESS_SCENARIOS_TRACE_POOL_H_
#define COREPOOL_STRESS_SCENARIOS_TRACE_POOL_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool.h"
#include "stress/actor.h"
#include "stress/advice/class_table.h"
#include "stress/load_options.h"
#include "stress/pool_memory.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {

// A block that a thread of the trace has; nothing if the request found none.
struct HeldBlock {
  void* block = nullptr;
  std::size_t size = 0;     // bytes asked for
  std::uint64_t stamp = 0;  // of what is in it
};

// Blocks are filled when they are allocated and looked at before they are freed: all
// bytes of small ones, the two ends of large ones. A word for each place where a block
// may begin says who has it. All functions may be called by any thread, unless they say
// otherwise, but for one HeldBlock by one at a time.
class TracePool {
 public:
  enum Operation : std::size_t { kAllocate, kFree, kExhausted, kOperations };

  // kInvalidArgument, kUnimplemented or kResourceExhausted.
  static absl::StatusOr<std::unique_ptr<TracePool>> Create(const ClassTable& table,
                                                           const LoadOptions& load,
                                                           RunControl& control);
  TracePool(const TracePool&) = delete;
  TracePool& operator=(const TracePool&) = delete;

  MultiPool& pool() { return pool_; }

  // `assured`: there must be a block, and if none comes that is a fault. `stamp` is
  // different from those of all other blocks.
  void Allocate(Actor& actor, std::size_t size, std::uint64_t stamp, bool assured,
                HeldBlock& held);
  void Free(Actor& actor, HeldBlock& held);
  // To another block, as realloc does where a block cannot grow: allocates, copies and
  // frees. If there is none, the old one stays.
  void Move(Actor& actor, std::size_t size, std::uint64_t stamp, bool assured,
            HeldBlock& held);
  // The same block, of which another size is used now.
  void Resize(std::size_t size, std::uint64_t stamp, HeldBlock& held);

  bool faultless() const { return faults_.load(std::memory_order_relaxed) == 0; }

  // At the end, when everything has been freed: audits, drains, compares with what the
  // threads counted, and adds to the record what was found, and the pools.
  void Settle(std::uint64_t allocations, std::uint64_t frees, ScenarioRecord& record);

 private:
  enum Fault : std::size_t {
    kOutside,
    kDoubled,
    kDamaged,
    kTooSmall,
    kRefused,
    kFalselyExhausted,
    kMisuse,
    kUnsound,
    kLost,
    kStatistics,
    kFaults,
  };
  struct First {
    std::atomic<std::uint64_t> count{0};
    std::uint64_t detail = 0;
  };
  struct CFree {
    void operator()(void* memory) const { std::free(memory); }
  };
  using Owner = std::atomic<std::uint32_t>;

  TracePool(PoolMemory memory, const ClassTable& table, RunControl& control)
      : memory_(std::move(memory)), table_(table), control_(control) {}

  static void OnMisuse(const MisuseReport& report);
  void Found(Fault fault, std::uint64_t detail);
  // nullptr if no block can begin there.
  Owner* OwnerAt(const void* block) const;
  bool Take(const void* block, std::size_t size, std::uint64_t stamp);
  void Fill(const HeldBlock& held) const;
  bool Intact(const HeldBlock& held) const;
  void Drain();

  PoolMemory memory_;
  const ClassTable table_;
  RunControl& control_;
  MultiPool pool_;
  std::size_t granule_ = 1;  // blocks begin at least so many bytes apart
  std::size_t places_ = 0;
  std::unique_ptr<Owner, CFree> owners_;
  std::atomic<std::uint64_t> faults_{0};
  std::array<First, kFaults> first_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_TRACE_POOL_H_
