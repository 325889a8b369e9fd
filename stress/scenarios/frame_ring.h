// The frames of one bus that are under way, and what becomes of them.

#ifndef COREPOOL_STRESS_SCENARIOS_FRAME_RING_H_
#define COREPOOL_STRESS_SCENARIOS_FRAME_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stress/scenarios/can_replay.h"
#include "stress/trace/can_frame.h"

namespace corepool::stress {

// A frame on its way, in a pool's block; the payload follows.
struct FrameBlock {
  std::uint64_t sequence;  // of the frame on its bus
  std::int64_t enqueued_ns;
  std::uint32_t id;
  std::uint8_t flags;
  std::uint8_t fd_flags;
  std::uint8_t length;
  std::uint8_t payload_length;

  std::uint8_t* payload() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* payload() const {
    return reinterpret_cast<const std::uint8_t*>(this + 1);
  }
};

// Frames have sequence numbers, from 0, and pass these marks in order:
//
//   settled  what became of it is known, and counted: received, dropped or lost. Its
//            slot is free again.   (task)
//   handled  the handler has enqueued or dropped it   (handler)
//   raised   it has arrived in the controller         (source)
//   filled   it has been read from the log            (reader)
//
// Each mark is moved by one thread, or its signal handler. A frame that has been
// handled, but was neither dropped nor received when a later one was, is lost or out of
// order: which, is left open while its slot is not needed, and at least for kSlack / 2
// frames.
//
// All memory is taken at construction; functions are wait-free, so the handler may call
// those that are for it.
class FrameRing {
 public:
  static constexpr std::size_t kSlack = 1024;

  // For `slots` frames, or more, between settled and filled.
  explicit FrameRing(std::size_t slots);
  FrameRing(const FrameRing&) = delete;
  FrameRing& operator=(const FrameRing&) = delete;

  // The reader's. False: all slots are in use.
  bool TryPut(const CanFrame& frame, std::int64_t due_ns);

  // The source's. Of a frame that has been filled: when it is due.
  std::uint64_t filled() const;
  std::int64_t due_ns(std::uint64_t sequence) const { return At(sequence).due_ns; }
  void Raise(std::uint64_t up_to);
  // Everything that was done before Handled() has happened.
  std::uint64_t handled() const;
  // Whether it is known, roughly, what became of all that was handled.
  bool is_settled() const {
    return RoughlyHandled() == settled_.load(std::memory_order_relaxed);
  }

  // The handler's. Of a frame that has been raised: Take or Drop, before Handled.
  std::uint64_t RaisedForHandler() const;
  const CanFrame& frame(std::uint64_t sequence) const { return At(sequence).frame; }
  void Take(std::uint64_t sequence) { dropped_[SlotOf(sequence)] = 0; }
  void Drop(std::uint64_t sequence) { dropped_[SlotOf(sequence)] = 1; }
  void Handled(std::uint64_t sequence);
  // Whether the task had better settle what it can.
  bool is_behind() const;

  // The task's. Checks what it has received.
  void Receive(const FrameBlock& block);
  // All frames before `handled` have been handled, and then no block was in the queue.
  void SettleAll(std::uint64_t handled) { Settle(handled, true); }

  // Any thread: about where the marks are.
  std::uint64_t RoughlyHandled() const {
    return handled_.load(std::memory_order_relaxed);
  }
  std::uint64_t RoughlyRaised() const {
    return raised_.load(std::memory_order_relaxed);
  }
  std::uint64_t RoughlyFilled() const {
    return filled_.load(std::memory_order_relaxed);
  }

  // When no thread uses it any more: counts of all frames before `end`, of which those
  // that were never handled are lost. To be called once.
  const BusResult& Conclude(std::uint64_t end);
  std::uint64_t payload_bytes() const { return payload_bytes_; }
  std::size_t slots() const { return slots_.size(); }

 private:
  struct Slot {
    CanFrame frame;
    std::int64_t due_ns = 0;
  };

  std::size_t SlotOf(std::uint64_t sequence) const {
    return static_cast<std::size_t>(sequence) & (slots_.size() - 1);
  }
  const Slot& At(std::uint64_t sequence) const { return slots_[SlotOf(sequence)]; }
  // Counts and frees as many as can be, in order. `handled` has been acquired;
  // `none_left`: none of these is in the queue.
  void Settle(std::uint64_t handled, bool none_left);

  std::vector<Slot> slots_;  // 2^n

  // The reader's.
  alignas(64) std::atomic<std::uint64_t> filled_{0};
  std::uint64_t settled_seen_ = 0;

  // The source's.
  alignas(64) std::atomic<std::uint64_t> raised_{0};

  // The handler's.
  alignas(64) std::atomic<std::uint64_t> handled_{0};
  std::vector<std::uint8_t> dropped_;  // of each slot

  // The task's.
  alignas(64) std::atomic<std::uint64_t> settled_{0};
  std::uint64_t raised_seen_ = 0;
  std::uint64_t next_ = 0;               // one more than the latest received
  std::vector<std::uint8_t> delivered_;  // of each slot, how often, up to 255
  std::uint64_t payload_bytes_ = 0;
  BusResult result_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_FRAME_RING_H_
