#include "stress/scenarios/frame_ring.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "corepool/spsc_queue.h"
#include "gtest/gtest.h"
#include "stress/scenarios/can_replay.h"
#include "stress/trace/can_frame.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kSlots = FrameRing::kSlack;

// A block with its payload.
struct Packet {
  FrameBlock block{};
  std::uint8_t payload[CanFrame::kLongest]{};
};
static_assert(sizeof(FrameBlock) == offsetof(Packet, payload));

CanFrame FrameOf(std::uint64_t sequence) {
  CanFrame frame;
  frame.id = static_cast<std::uint32_t>(sequence % 0x800);
  frame.length = frame.payload_length = 8;
  std::memcpy(frame.data.data(), &sequence, sizeof sequence);
  return frame;
}

Packet PacketOf(std::uint64_t sequence, const CanFrame& frame) {
  Packet packet;
  packet.block.sequence = sequence;
  packet.block.id = frame.id;
  packet.block.flags = frame.flags;
  packet.block.length = frame.length;
  packet.block.payload_length = frame.payload_length;
  std::memcpy(packet.payload, frame.data.data(), frame.payload_length);
  return packet;
}

// One thread in all parts.
class FrameRingTest : public ::testing::Test {
 protected:
  // Reads, raises and handles frames up to `end`; all of them go to the task.
  void TakeUpTo(std::uint64_t end) {
    for (; end_ < end; ++end_) {
      ASSERT_TRUE(ring_.TryPut(FrameOf(end_), 0)) << end_;
      ring_.Raise(end_ + 1);
      ring_.Take(end_);
      ring_.Handled(end_);
    }
  }
  void Drop() {
    ASSERT_TRUE(ring_.TryPut(FrameOf(end_), 0)) << end_;
    ring_.Raise(end_ + 1);
    ring_.Drop(end_);
    ring_.Handled(end_++);
  }
  void Receive(std::uint64_t sequence) {
    ring_.Receive(PacketOf(sequence, FrameOf(sequence)).block);
  }
  void Pass(std::uint64_t frames) {
    for (const std::uint64_t end = end_ + frames; end_ < end;) {
      TakeUpTo(end_ + 1);
      Receive(end_ - 1);
    }
  }
  void ExpectCounts(std::uint64_t out, std::uint64_t exhausted, std::uint64_t lost,
                    std::uint64_t duplicated, std::uint64_t misordered,
                    std::uint64_t damaged) {
    const BusResult& result = ring_.Conclude(end_);
    EXPECT_EQ(result.frames_in, end_);
    EXPECT_EQ(result.frames_out, out);
    EXPECT_EQ(result.exhausted, exhausted);
    EXPECT_EQ(result.lost, lost);
    EXPECT_EQ(result.duplicated, duplicated);
    EXPECT_EQ(result.misordered, misordered);
    EXPECT_EQ(result.damaged, damaged);
  }

  FrameRing ring_{1};
  std::uint64_t end_ = 0;
};

TEST_F(FrameRingTest, CountsFramesThatArriveOnceEach) {
  Pass(5 * kSlots);
  ExpectCounts(5 * kSlots, 0, 0, 0, 0, 0);
  EXPECT_EQ(ring_.payload_bytes(), 5 * kSlots * 8);
}

TEST_F(FrameRingTest, HoldsAsManyFramesAsItHasSlots) {
  ASSERT_EQ(ring_.slots(), kSlots);
  TakeUpTo(kSlots);
  EXPECT_FALSE(ring_.TryPut(FrameOf(end_), 0));
  Receive(0);
  EXPECT_TRUE(ring_.TryPut(FrameOf(end_), 77));
  EXPECT_EQ(ring_.due_ns(end_), 77);
  EXPECT_FALSE(ring_.TryPut(FrameOf(end_ + 1), 0));
}

TEST_F(FrameRingTest, CountsWhatTheHandlerDropped) {
  for (std::size_t i = 0; i < 3 * kSlots; ++i) {
    Pass(1);
    Drop();
  }
  ExpectCounts(3 * kSlots, 3 * kSlots, 0, 0, 0, 0);
}

TEST_F(FrameRingTest, SettlesWhatIsDroppedThoughNothingArrives) {
  for (std::size_t i = 0; i < 3 * kSlots; ++i) {
    if (i % kSlots == kSlots - 1) {
      EXPECT_TRUE(ring_.is_behind());
      ring_.SettleAll(ring_.handled());
      EXPECT_FALSE(ring_.is_behind());
    }
    Drop();
  }
  ExpectCounts(0, 3 * kSlots, 0, 0, 0, 0);
}

TEST_F(FrameRingTest, CountsALostFrame) {
  Pass(10);
  TakeUpTo(11);
  Pass(10);
  ExpectCounts(20, 0, 1, 0, 0, 0);
}

TEST_F(FrameRingTest, GoesOnAfterALostFrame) {
  Pass(10);
  TakeUpTo(11);
  Pass(10 * kSlots);
  TakeUpTo(end_ + 3);
  Pass(10 * kSlots);
  ExpectCounts(20 * kSlots + 10, 0, 4, 0, 0, 0);
}

TEST_F(FrameRingTest, GoesOnAfterAllFramesOfARingWereLost) {
  TakeUpTo(kSlots);
  EXPECT_FALSE(ring_.TryPut(FrameOf(end_), 0));
  ring_.SettleAll(ring_.handled());
  Pass(7);
  ExpectCounts(7, 0, kSlots, 0, 0, 0);
}

TEST_F(FrameRingTest, CountsFramesThatAreLostAtTheEnd) {
  Pass(10);
  TakeUpTo(13);
  ExpectCounts(10, 0, 3, 0, 0, 0);
}

TEST_F(FrameRingTest, CountsFramesThatWereNeverHandledAsLost) {
  Pass(10);
  EXPECT_EQ(ring_.Conclude(100).lost, 90u);
}

TEST_F(FrameRingTest, CountsADoubledFrame) {
  Pass(10);
  Receive(9);
  Pass(10);
  Receive(3);
  ExpectCounts(20, 0, 0, 2, 2, 0);
}

TEST_F(FrameRingTest, CountsADoubledFrameBehindAGap) {
  TakeUpTo(1);
  Pass(3);
  Receive(2);
  ExpectCounts(3, 0, 1, 1, 1, 0);
}

TEST_F(FrameRingTest, CountsADoubledFrameThatWasHandledMeanwhile) {
  // The task is faster than the handler, which has not yet said that it is done.
  ASSERT_TRUE(ring_.TryPut(FrameOf(0), 0));
  ASSERT_TRUE(ring_.TryPut(FrameOf(1), 0));
  ring_.Raise(2);
  ring_.Take(1);
  Receive(1);
  Receive(1);
  ring_.Take(0);
  Receive(0);
  ring_.Handled(0);
  ring_.Handled(1);
  end_ = 2;
  ExpectCounts(2, 0, 0, 1, 2, 0);
}

TEST_F(FrameRingTest, CountsADoubledFrameWhoseSlotHasMovedOn) {
  Pass(3 * kSlots);
  Receive(5);
  ExpectCounts(3 * kSlots, 0, 0, 1, 1, 0);
}

TEST_F(FrameRingTest, CountsAFrameThatIsOutOfOrder) {
  Pass(5);
  TakeUpTo(8);
  Receive(7);
  Receive(5);
  Receive(6);
  Pass(3 * kSlots);
  ExpectCounts(3 * kSlots + 8, 0, 0, 0, 2, 0);
}

TEST_F(FrameRingTest, CountsADamagedFrame) {
  TakeUpTo(4);
  for (std::uint64_t sequence = 0; sequence < 4; ++sequence) {
    Packet packet = PacketOf(sequence, FrameOf(sequence));
    if (sequence == 1) packet.payload[7] ^= 1;
    if (sequence == 2) packet.block.id ^= 1;
    if (sequence == 3) packet.block.payload_length = 7;
    ring_.Receive(packet.block);
  }
  ExpectCounts(4, 0, 0, 0, 0, 3);
}

TEST_F(FrameRingTest, CountsAFrameFromBeyondWhatWasRaisedAsDamaged) {
  Pass(3);
  Receive(3);
  Receive(UINT64_MAX);
  Pass(3 * kSlots);
  ExpectCounts(3 * kSlots + 3, 0, 0, 0, 0, 2);
}

// Three threads: one reads, one is source and handler, one is the task. The handler
// makes mistakes.
struct Mistakes {
  unsigned lose = 0;  // one in so many; 0: none
  unsigned twice = 0;
  unsigned drop = 0;
};

struct Made {
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t dropped = 0;
};

void RunWith(const Mistakes& mistakes, std::uint64_t frames) {
  FrameRing ring(1);
  std::vector<Packet> packets(256);
  std::vector<std::uint32_t> slots(packets.size());
  SpscQueue<std::uint32_t> queue(slots);
  std::vector<std::uint32_t> free_slots(packets.size());
  SpscQueue<std::uint32_t> free(free_slots);
  for (std::uint32_t i = 0; i < packets.size(); ++i) ASSERT_TRUE(free.Enqueue(i));
  std::atomic<bool> finished{false};

  std::thread reader([&] {
    for (std::uint64_t i = 0; i < frames; ++i) {
      while (!ring.TryPut(FrameOf(i), static_cast<std::int64_t>(i))) {
        std::this_thread::yield();
      }
    }
  });
  std::thread task([&] {
    for (;;) {
      std::uint32_t index = 0;
      bool found = queue.Dequeue(index);
      if (!found) {
        // Pairs with: release below.
        const bool last = finished.load(std::memory_order_acquire);
        const std::uint64_t handled = ring.handled();
        found = queue.Dequeue(index);
        if (!found) {
          if (last) return;
          ring.SettleAll(handled);
          std::this_thread::yield();
          continue;
        }
      }
      ring.Receive(packets[index].block);
      ASSERT_TRUE(free.Enqueue(index));
    }
  });
  Made made;
  std::mt19937 random(7);
  const auto one_in = [&random](unsigned many) {
    return many != 0 && random() % many == 0;
  };
  const auto send = [&](std::uint64_t sequence, const CanFrame& frame) {
    std::uint32_t index = 0;
    while (!free.Dequeue(index)) std::this_thread::yield();
    packets[index] = PacketOf(sequence, frame);
    while (!queue.Enqueue(index)) std::this_thread::yield();
  };
  for (std::uint64_t i = 0; i < frames; ++i) {
    while (ring.filled() == i) std::this_thread::yield();
    EXPECT_EQ(ring.due_ns(i), static_cast<std::int64_t>(i));
    ring.Raise(i + 1);
    ASSERT_EQ(ring.RaisedForHandler(), i + 1);
    if (one_in(mistakes.drop)) {
      ring.Drop(i);
      ++made.dropped;
    } else {
      ring.Take(i);
      if (one_in(mistakes.lose)) {
        ++made.lost;
      } else {
        send(i, ring.frame(i));
        if (one_in(mistakes.twice)) {
          // What was in the slot may have gone.
          send(i, FrameOf(i));
          ++made.doubled;
        }
      }
    }
    ring.Handled(i);
  }
  reader.join();
  // Pairs with: acquire in the task.
  finished.store(true, std::memory_order_release);
  task.join();
  const BusResult& result = ring.Conclude(frames);
  EXPECT_EQ(result.frames_in, frames);
  EXPECT_EQ(result.lost, made.lost);
  EXPECT_EQ(result.duplicated, made.doubled);
  EXPECT_EQ(result.exhausted, made.dropped);
  EXPECT_EQ(result.frames_out, frames - made.lost - made.dropped);
  EXPECT_EQ(result.misordered, made.doubled);
  EXPECT_EQ(result.damaged, 0u);
}

TEST(FrameRingThreads, CountEveryMistake) {
  constexpr std::uint64_t kFrames = 200'000;
  RunWith({}, kFrames);
  RunWith({.lose = 1000}, kFrames);
  RunWith({.twice = 100}, kFrames);
  RunWith({.drop = 2}, kFrames);
  RunWith({.lose = 7, .twice = 7, .drop = 7}, kFrames);
}

TEST(FrameRingThreads, ComeToAnEndThoughEverythingIsLost) {
  RunWith({.lose = 1}, 20'000);
  RunWith({.drop = 1}, 20'000);
}

}  // namespace
}  // namespace corepool::stress
