// From a CAN interrupt on one core to a task on another: the README's example.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

// What a driver and an application would provide.
struct CanFrame;
void ReadController(CanFrame& frame);
void Handle(const CanFrame& frame);

// [README]
#include "corepool/channel.h"

struct CanFrame {
  std::uint32_t id;
  std::uint8_t length, data[8];
};

constinit corepool::Channel<CanFrame, 64> received;  // in .bss, no Init needed

void CanReceiveInterrupt() {  // on any core
  auto frame = received.Reserve();
  if (!frame) return;  // all 64 are in use; received.Stats() counts it
  ReadController(*frame);
  (void)received.Commit(std::move(frame));  // as deep as the pool: never full
}

void CanTask() {  // on any other
  while (auto frame = received.Receive()) {
    Handle(*frame);  // and then it is free again
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
              received.Stats().pool.peak);
  return handled == 6400 && received.Stats().pool.used == 0 ? 0 : 1;
}
