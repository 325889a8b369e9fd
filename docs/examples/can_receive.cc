// From a CAN interrupt on one core to a task on another: the README's example.

#include <cstdint>
#include <cstdio>
#include <cstring>

// What a driver and an application would provide.
struct CanFrame;
void ReadController(CanFrame& frame);
void Handle(const CanFrame& frame);

// [README]
#include "corepool/spsc_queue.h"
#include "corepool/static_pool.h"

struct CanFrame {
  std::uint32_t id;
  std::uint8_t length, data[8];
};

constinit corepool::StaticPool<CanFrame, 64> frames;          // in .bss, no Init needed
constinit corepool::StaticSpscQueue<CanFrame*, 64> received;  // as large: never full

void CanReceiveInterrupt() {  // on any core
  CanFrame* frame = frames.Allocate();
  if (frame == nullptr) return;  // all 64 are allocated; frames.Stats() counts it
  ReadController(*frame);
  (void)received.Enqueue(frame);
}

void CanTask() {  // on any other
  CanFrame* frame = nullptr;
  while (received.Dequeue(frame)) {
    Handle(*frame);
    frames.Free(frame);
  }
}
// [README]

namespace {
std::uint32_t next_id = 0;
std::uint32_t handled = 0;
}  // namespace

void ReadController(CanFrame& frame) {
  frame.id = next_id++;
  frame.length = 8;
  std::memset(frame.data, static_cast<int>(frame.id), sizeof(frame.data));
}

void Handle(const CanFrame& frame) {
  if (frame.id == handled) ++handled;
}

int main() {
  for (int burst = 0; burst < 100; ++burst) {
    for (int i = 0; i < 64; ++i) CanReceiveInterrupt();
    CanTask();
  }
  std::printf("%u frames handled, %zu blocks used at once\n", handled,
              frames.Stats().peak);
  return handled == 6400 && frames.Stats().used == 0 ? 0 : 1;
}
