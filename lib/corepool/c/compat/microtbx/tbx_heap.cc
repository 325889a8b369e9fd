#include "corepool/c/compat/microtbx/include/tbx_heap.h"

#include <cstddef>

#include "corepool/base/align.h"
#include "corepool/c/compat/microtbx/uses.h"
#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"

namespace {

using corepool::lockfree::Word;

constexpr std::size_t kMostBytes = COREPOOL_MICROTBX_HEAP_BYTES;

alignas(std::max_align_t) constinit std::byte heap[kMostBytes]{};
// Bytes gone; only grows.
constinit corepool::lockfree::Atomic<Word> used{0};

std::size_t HeapSize() {
  const std::size_t size = corepool_microtbx_configuration.heap_size;
  return size < kMostBytes ? size : kMostBytes;
}

}  // namespace

extern "C" {

// Not a Segment: how large it is nobody knows before the program is linked, and there
// is no moment for an Init.
void* TbxHeapAllocate(size_t size) {
  if (size == 0) {
    corepool::microtbx::FailAssertion(__FILE__, __LINE__);
    return nullptr;
  }
  const auto bytes = corepool::base::CheckedSize(size).AlignedUp(sizeof(void*));
  if (bytes.overflowed()) return nullptr;
  corepool::lockfree::Backoff backoff;
  Word seen = used.load(corepool::lockfree::kRelaxed);
  for (;;) {
    const std::size_t left = HeapSize() - static_cast<std::size_t>(seen);
    // A size that is no multiple leaves a rest.
    if (bytes.value() > left) return nullptr;
    // Relaxed: nobody has used these bytes before.
    if (used.compare_exchange_weak(seen, seen + bytes.value(),
                                   corepool::lockfree::kRelaxed,
                                   corepool::lockfree::kRelaxed)) {
      return heap + static_cast<std::size_t>(seen);
    }
    backoff.Wait();
  }
}

size_t TbxHeapGetFree(void) {
  return HeapSize() - static_cast<std::size_t>(used.load(corepool::lockfree::kRelaxed));
}

}  // extern "C"
