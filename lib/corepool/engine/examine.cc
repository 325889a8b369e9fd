// BlockPool: what the memory of free blocks shows.

#include <cstddef>
#include <cstdint>

#include "corepool/engine/block_fill.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/port/annotate.h"

namespace corepool::engine {

void BlockPool::Forbid(void* block) const {
  if (!parts_.annotated) return;
  const std::size_t from = parts_.state.cookies() ? sizeof(Cookie) : 0;
  port::Annotations::Forbid(static_cast<std::byte*>(block) + from,
                            parts_.layout.stride() - from);
}

void BlockPool::Allow(void* block) const {
  if (parts_.annotated) port::Annotations::Allow(block, parts_.layout.stride());
}

BlockPool::Finding BlockPool::BrokenCookie(const void* block) const {
  Finding finding{Error::kWriteAfterFree, {}};
  if (parts_.state.cookies()) {
    const auto bytes_of = [](Cookie cookie) {
      std::uint64_t bytes = 0;
      const auto* const from = reinterpret_cast<const unsigned char*>(&cookie);
      for (std::size_t i = 0; i < sizeof(cookie); ++i) bytes = bytes << 8 | from[i];
      return bytes;
    };
    finding.damage = {0, bytes_of(parts_.state.CookieIn(block)),
                      bytes_of(parts_.state.CookieFor(block))};
  }
  return finding;
}

BlockPool::Finding BlockPool::Examine(Index index, void* block) const {
  if (!parts_.state.IsIntact(index, block)) return BrokenCookie(block);
  if (!parts_.filled) return {};
  const BlockFill fill = parts_.FillOf(block);
  Finding finding;
  Allow(block);
  if (!fill.IsFilled()) {
    finding = {Error::kWriteAfterFree, fill.FindInPattern()};
  } else if (!fill.IsGuardIntact()) {
    finding = {Error::kOverrun, fill.FindInGuard()};
  }
  Forbid(block);
  return finding;
}

void BlockPool::MarkMemory(void* block) const {
  Allow(block);
  parts_.state.MarkMemory(block);
  if (parts_.filled) {
    parts_.FillOf(block).Fill();
    parts_.FillOf(block).SetGuard();
  }
  Forbid(block);
}

void BlockPool::Equip(void* block) const {
  if (parts_.checking != Checking::kFull) return;
  Allow(block);
  if (!parts_.filled) parts_.FillOf(block).SetGuard();
  if (parts_.annotated) {
    auto* const end = static_cast<std::byte*>(block) + parts_.block_size;
    port::Annotations::AllowFresh(block, parts_.block_size);
    port::Annotations::Forbid(end, parts_.layout.stride() - parts_.block_size);
  }
}

}  // namespace corepool::engine
