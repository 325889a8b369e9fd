#include "corepool/wait.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/engine/wait_table.h"
#include "corepool/error.h"

namespace corepool {

Error Waiters::Init(const WaitersOptions& options, std::span<std::byte> memory) {
  if (table_.is_initialized()) return Error::kAlreadyInitialized;
  if (options.port.now == nullptr || options.port.sleep == nullptr ||
      options.port.wake == nullptr) {
    return Error::kUnsupported;
  }
  if (options.most_waiters > kMostWaiters) return Error::kInvalidCount;
  const std::size_t bytes = RequiredBytes(options);
  if (bytes != 0 && memory.data() == nullptr) return Error::kNullMemory;
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % RequiredAlignment(options) !=
      0) {
    return Error::kMisalignedMemory;
  }
  if (memory.size() < bytes) return Error::kMemoryTooSmall;
  auto* const slots = reinterpret_cast<engine::WaitSlot*>(memory.data());
  for (std::size_t i = 0; i < options.most_waiters; ++i) {
    ::new (slots + i) engine::WaitSlot;
  }
  table_.Init(options.port, {slots, options.most_waiters}, options.strict_order);
  return Error::kOk;
}

}  // namespace corepool
