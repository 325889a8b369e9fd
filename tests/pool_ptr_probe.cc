// The same work by a pointer and by its owner, for pool_ptr_instructions_test.sh.

#include <cstdint>

#include "corepool/options.h"
#include "corepool/pool_ptr.h"
#include "corepool/static_pool.h"

struct Frame {
  std::uint64_t words[8];
};
using Frames =
    corepool::StaticPool<Frame, 64, corepool::Checking::kOff, corepool::Caching::kNone>;

extern "C" {
std::uint64_t UseByPointer(Frames& frames) {
  Frame* const frame = frames.Allocate();
  if (frame == nullptr) return 0;
  frame->words[1] = 3;
  const std::uint64_t word = frame->words[2];
  frames.Free(frame);
  return word;
}

std::uint64_t UseByOwner(Frames& frames) {
  const auto frame = corepool::AllocateOwned(frames);
  if (!frame) return 0;
  frame->words[1] = 3;
  return frame->words[2];
}
}
