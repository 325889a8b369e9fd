#include "corepool/c/compat/mynewt/arena.h"

#include <cstddef>

#include "corepool/c/compat/mynewt/books.h"
#include "corepool/config.h"
#include "corepool/engine/block_state.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::c::mynewt {
namespace {

using lockfree::Atomic;
using lockfree::kAcquire;
using lockfree::kRelaxed;
using lockfree::kRelease;
using lockfree::Word;

constexpr std::size_t kChunkBlocks = 16;
constexpr std::size_t kChunks =
    (COREPOOL_MYNEWT_BLOCKS + kChunkBlocks - 1) / kChunkBlocks;
static_assert(kChunks > 0, "COREPOOL_MYNEWT_BLOCKS must not be 0");

// Pools that come together in one line would slow each other down.
constexpr std::size_t kLineBytes = 64;

alignas(kLineBytes) constinit Atomic<Link> links[kChunks * kChunkBlocks]{};
alignas(
    kLineBytes) constinit Atomic<engine::StateUnit> states[kChunks * kChunkBlocks]{};
constinit Atomic<engine::StateUnit> taken[kChunks]{};
constinit Atomic<Word> returns{0};  // how often something was given back

bool Claim(std::size_t chunk) {
  engine::StateUnit expected = 0;
  // Pairs with: E112 release in GiveBack (nobody uses its links and states any more).
  return taken[chunk].load(kRelaxed) == 0 &&
         taken[chunk].compare_exchange_strong(expected, 1, kAcquire, kRelaxed);
}

bool TakeOnce(Run& run) {
  std::size_t length = 0;
  for (std::size_t chunk = 0; chunk < kChunks; ++chunk) {
    if (!Claim(chunk)) {
      Arena::GiveBack({chunk - length, length});
      length = 0;
    } else if (++length == run.chunks) {
      run.first = chunk + 1 - length;
      return true;
    }
  }
  Arena::GiveBack({kChunks - length, length});
  return false;
}

}  // namespace

bool Arena::Take(std::size_t blocks, Run& run) {
  run = {0, ChunksFor(blocks)};
  if (run.chunks == 0) return true;
  constexpr int kAttempts = 16;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Word before = returns.load(kRelaxed);
    if (TakeOnce(run)) return true;
    // Somebody else may have had what we needed for a moment only. Our own step back
    // counts too, hence a few attempts at most.
    if (returns.load(kRelaxed) == before) break;
  }
  run = {};
  return false;
}

void Arena::GiveBack(const Run& run) {
  if (run.chunks == 0) return;
  for (std::size_t i = 0; i < run.chunks; ++i) {
    // E112. Pairs with: acquire in Claim.
    taken[run.first + i].store(0, kRelease);
  }
  returns.fetch_add(1, kRelaxed);
}

std::size_t Arena::ChunksFor(std::size_t blocks) {
  return (blocks + kChunkBlocks - 1) / kChunkBlocks;
}

lockfree::Atomic<Link>* Arena::LinksOf(const Run& run) {
  return links + run.first * kChunkBlocks;
}

lockfree::Atomic<engine::StateUnit>* Arena::StatesOf(const Run& run) {
  return states + run.first * kChunkBlocks;
}

}  // namespace corepool::c::mynewt
