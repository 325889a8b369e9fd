#include "stress/scenarios/frame_ring.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stress/scenarios/can_replay.h"
#include "stress/trace/can_frame.h"

namespace corepool::stress {
namespace {

bool IsSame(const FrameBlock& block, const CanFrame& frame) {
  const std::span<const std::uint8_t> payload = frame.payload();
  return block.id == frame.id && block.flags == frame.flags &&
         block.fd_flags == frame.fd_flags && block.length == frame.length &&
         block.payload_length == frame.payload_length &&
         std::equal(payload.begin(), payload.end(), block.payload());
}

}  // namespace

FrameRing::FrameRing(std::size_t slots)
    : slots_(std::bit_ceil(std::max(slots, kSlack))),
      dropped_(slots_.size()),
      delivered_(slots_.size()) {}

bool FrameRing::TryPut(const CanFrame& frame, std::int64_t due_ns) {
  const std::uint64_t filled = filled_.load(std::memory_order_relaxed);
  if (filled - settled_seen_ == slots_.size()) {
    // Pairs with: release in Receive and Settle (the slot is not looked at any more).
    settled_seen_ = settled_.load(std::memory_order_acquire);
    if (filled - settled_seen_ == slots_.size()) return false;
  }
  Slot& slot = slots_[SlotOf(filled)];
  slot.frame = frame;
  slot.due_ns = due_ns;
  // Pairs with: acquire in filled().
  filled_.store(filled + 1, std::memory_order_release);
  return true;
}

std::uint64_t FrameRing::filled() const {
  // Pairs with: release in TryPut.
  return filled_.load(std::memory_order_acquire);
}

void FrameRing::Raise(std::uint64_t up_to) {
  // Pairs with: acquire in RaisedForHandler and Receive.
  raised_.store(up_to, std::memory_order_release);
}

std::uint64_t FrameRing::RaisedForHandler() const {
  // Pairs with: release in Raise.
  return raised_.load(std::memory_order_acquire);
}

void FrameRing::Handled(std::uint64_t sequence) {
  // Pairs with: acquire in handled().
  handled_.store(sequence + 1, std::memory_order_release);
}

std::uint64_t FrameRing::handled() const {
  // Pairs with: release in Handled.
  return handled_.load(std::memory_order_acquire);
}

bool FrameRing::is_behind() const {
  return RoughlyHandled() >
         settled_.load(std::memory_order_relaxed) + slots_.size() / 4;
}

void FrameRing::Receive(const FrameBlock& block) {
  const std::uint64_t sequence = block.sequence;
  if (sequence >= raised_seen_) {
    // Pairs with: release in Raise, before the handler took any frame of it.
    raised_seen_ = raised_.load(std::memory_order_acquire);
    if (sequence >= raised_seen_) {
      ++result_.damaged;
      return;
    }
  }
  const bool in_order = sequence >= next_;
  if (!in_order) ++result_.misordered;
  next_ = std::max(next_, sequence + 1);
  const std::uint64_t settled = settled_.load(std::memory_order_relaxed);
  if (sequence < settled) {
    // Its slot may be another frame's by now.
    ++result_.duplicated;
    return;
  }
  const CanFrame& expected = frame(sequence);
  if (!IsSame(block, expected)) ++result_.damaged;
  payload_bytes_ += expected.payload_length;
  if (sequence == settled && in_order) {
    // As it should be.
    ++result_.frames_out;
    // Pairs with: acquire in TryPut.
    settled_.store(sequence + 1, std::memory_order_release);
    return;
  }
  std::uint8_t& delivered = delivered_[SlotOf(sequence)];
  if (delivered > 0) ++result_.duplicated;
  if (delivered < 255) ++delivered;
  Settle(handled(), false);
}

void FrameRing::Settle(std::uint64_t handled, bool none_left) {
  const std::size_t patience = slots_.size() / 2;
  std::uint64_t settled = settled_.load(std::memory_order_relaxed);
  for (; settled < handled; ++settled) {
    std::uint8_t& delivered = delivered_[SlotOf(settled)];
    const bool dropped = dropped_[SlotOf(settled)] != 0;
    if (delivered == 0 && !dropped) {
      if (!none_left && next_ < settled + patience) break;
      ++result_.lost;
    }
    if (delivered != 0) ++result_.frames_out;
    if (dropped) ++result_.exhausted;
    delivered = 0;
  }
  // Pairs with: acquire in TryPut.
  settled_.store(settled, std::memory_order_release);
}

const BusResult& FrameRing::Conclude(std::uint64_t end) {
  result_.frames_in = RoughlyHandled();
  Settle(handled(), true);
  const std::uint64_t settled = settled_.load(std::memory_order_relaxed);
  if (end > settled) result_.lost += end - settled;
  return result_;
}

}  // namespace corepool::stress
