// Memory for a pool, from the heap.

#ifndef COREPOOL_STRESS_POOL_MEMORY_H_
#define COREPOOL_STRESS_POOL_MEMORY_H_

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace corepool::stress {

class PoolMemory {
 public:
  PoolMemory() = default;
  // Without any if there is not enough: span() is then empty. `prefault`: all pages
  // are there when it returns.
  PoolMemory(std::size_t bytes, std::size_t alignment, bool prefault)
      : alignment_(std::align_val_t{alignment}),
        memory_(
            static_cast<std::byte*>(::operator new(bytes, alignment_, std::nothrow))),
        bytes_(memory_ == nullptr ? 0 : bytes) {
    if (prefault && memory_ != nullptr) std::memset(memory_, 0, bytes_);
  }
  ~PoolMemory() {
    if (memory_ != nullptr) ::operator delete(memory_, alignment_);
  }
  PoolMemory(PoolMemory&& other) noexcept
      : alignment_(other.alignment_),
        memory_(std::exchange(other.memory_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  PoolMemory& operator=(PoolMemory&&) = delete;

  std::span<std::byte> span() const { return {memory_, bytes_}; }

 private:
  std::align_val_t alignment_{1};
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_POOL_MEMORY_H_
