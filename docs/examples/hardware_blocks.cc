// Blocks that a DMA engine reads and writes, each in cache lines of its own, beside
// ordinary ones in the same memory: uC/LIB's example.

#include <cstddef>
#include <cstdint>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/segment.h"

constexpr std::size_t kCacheLine = 32;
alignas(kCacheLine) std::byte memory[4096];
corepool::Segment segment;

// As many from the start as ever.
constexpr corepool::DynamicPoolOptions kGeneral{
    .block_size = 20, .initial = 10, .maximum = 10, .name = "general"};
alignas(corepool::kDynamicBookkeepingAlignment) std::byte
    general_bookkeeping[corepool::RequiredBookkeepingBytes(kGeneral, sizeof(memory))];
constinit corepool::DynamicPool general;

// Ten, and more until the segment is full.
constexpr corepool::DynamicPoolOptions kHardware{
    .block_size = 20, .initial = 10, .hardware = true, .name = "hardware"};
alignas(corepool::kDynamicBookkeepingAlignment) std::byte
    hardware_bookkeeping[corepool::RequiredBookkeepingBytes(kHardware, sizeof(memory),
                                                            kCacheLine)];
constinit corepool::DynamicPool hardware;

int main() {
  using corepool::Error;
  if (segment.Init("DMA", memory, kCacheLine) != Error::kOk ||
      general.Init(kGeneral, segment, general_bookkeeping) != Error::kOk ||
      hardware.Init(kHardware, segment, hardware_bookkeeping) != Error::kOk) {
    return 1;
  }
  void* const block = general.Allocate();
  bool good = block != nullptr;
  std::size_t count = 0;
  for (void* buffer; (buffer = hardware.Allocate()) != nullptr; ++count) {
    good = good && reinterpret_cast<std::uintptr_t>(buffer) % kCacheLine == 0;
  }
  good = good && count > 10 && hardware.TryAllocate().error == Error::kSegmentExhausted;
  // A freed block is the next one allocated; the segment gets none back.
  good = good && general.Free(block) == Error::kOk && general.Allocate() == block;
  return good ? 0 : 1;
}
