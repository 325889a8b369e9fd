#include "corepool/lockfree/carver.h"

#include <cstddef>
#include <cstdint>
#include <limits>

#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"

namespace corepool::lockfree {

void Carver::Reset(std::byte* begin, std::size_t size) {
  begin_ = begin;
  size_ = size;
  used_.store(0, kRelaxed);
}

std::size_t Carver::Skip(std::size_t used, std::size_t alignment) const {
  const std::uintptr_t next = reinterpret_cast<std::uintptr_t>(begin_) + used;
  return static_cast<std::size_t>((std::uintptr_t{0} - next) & (alignment - 1));
}

Carver::Piece Carver::Take(std::size_t length, std::size_t alignment,
                           std::size_t most) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  Backoff backoff;
  // Pairs with: E40 release below.
  Word seen = used_.load(kAcquire);
  for (;;) {
    const auto used = static_cast<std::size_t>(seen);
    const std::size_t free = size_ - used;
    const std::size_t skip = Skip(used, alignment);
    if (skip > free) {
      const std::size_t short_of = skip - free;
      return {nullptr, 0, length > kMost - short_of ? kMost : short_of + length};
    }
    const std::size_t room = (free - skip) / length;
    if (room == 0) return {nullptr, 0, length - (free - skip)};
    const std::size_t count = room < most ? room : most;
    const std::size_t end = used + skip + count * length;
    // E40. Pairs with: acquire here and in CountOf, Room, used.
    if (used_.compare_exchange_weak(seen, end, kAcqRel, kAcquire)) {
      return {begin_ + used + skip, count, 0};
    }
    backoff.Wait();
  }
}

std::size_t Carver::CountOf(std::size_t length, std::size_t alignment) const {
  return Room(alignment) / length;
}

std::size_t Carver::Room(std::size_t alignment) const {
  const std::size_t now = used();
  const std::size_t free = size_ - now;
  const std::size_t skip = Skip(now, alignment);
  return skip < free ? free - skip : 0;
}

}  // namespace corepool::lockfree
