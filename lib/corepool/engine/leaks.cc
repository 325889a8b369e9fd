// BlockPool: blocks that are still allocated when their pool comes to an end.

#include "corepool/engine/leaks.h"

#include <cstddef>

#include "corepool/engine/alarms.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/core_cache.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"

namespace corepool::engine {

Error BlockPool::SetOwner(Index index, OwnerTag owner) const {
  if (parts_.owners == nullptr) return Error::kUnsupported;
  parts_.owners[index].store(owner, lockfree::kRelaxed);
  return Error::kOk;
}

OwnerTag BlockPool::OwnerOf(Index index) const {
  if (parts_.owners == nullptr) return 0;
  return parts_.owners[index].load(lockfree::kRelaxed);
}

// No list has a block that is linked to itself, so this tells which have been seen, and
// a damaged list comes to an end too.
void BlockPool::MarkFreeNodes(lockfree::Word head) const {
  const lockfree::StackSpace& space = parts_.space;
  Index index = space.tagged.IndexOf(head);
  while (index < space.count) {
    const Index next = space.Next(index);
    if (next == index) return;
    space.SetNext(index, index);
    index = next;
  }
}

void BlockPool::MarkFreeNodes() const {
  MarkFreeNodes(state_.free_blocks.Head(parts_.space));
  if (!cached()) return;
  for (Index id = 0; id < parts_.cache.ids.count; ++id) {
    if (parts_.caching == Caching::kCas) {
      MarkFreeNodes(caches().ListHead(id));
      continue;
    }
    const Index count = caches().ArrayCount(id);
    for (Index i = 0; i < count; ++i) {
      const std::size_t index = parts_.layout.IndexOf(caches().ArrayBlock(id, i));
      if (index >= parts_.space.count) continue;
      parts_.space.SetNext(static_cast<Index>(index), static_cast<Index>(index));
    }
  }
}

Error BlockPool::SettleLeaks(Leaks leaks) const {
  if (leaks == Leaks::kIgnore) return Error::kOk;
  // Of what is withheld nobody can tell whether it is somebody's.
  const PoolStats stats = Stats();
  if (stats.used <= stats.withheld + stats.quarantined) return Error::kOk;
  if (leaks == Leaks::kRefuse) return Error::kBlocksInUse;
  MarkFreeNodes();
  for (Index index = 0; index < parts_.space.count; ++index) {
    if (!parts_.layout.HasBlock(index)) continue;  // not grown
    void* const block = parts_.layout.BlockAt(index);
    // Only its mark tells of a block that is free and kept elsewhere.
    if (parts_.space.Next(index) == index || parts_.state.LooksFree(index, block)) {
      continue;
    }
    Report(Error::kLeak, block, index);
  }
  if (leaks == Leaks::kAbort) HaltForLeaks();
  return Error::kOk;
}

Error BlockPool::Clear(Leaks leaks, bool as_all_zero) const {
  const Error error = SettleLeaks(leaks);
  if (error != Error::kOk) return error;
  if (cached()) caches().Reset();
  parts_.space.Reset();
  for (Index index = 0; index < parts_.space.count; ++index) {
    parts_.state.Reset(index);
    if (parts_.owners != nullptr) SetOwner(index, 0);
  }
  LayOut(as_all_zero);
  if (parts_.alarms != nullptr) {
    parts_.alarms->Settle([this] {
      return cached() ? parts_.cache.state->outstanding.load(lockfree::kRelaxed)
                      : CountInUse();
    });
  }
  ServeWaiters(WaitTable::kAll);
  return Error::kOk;
}

}  // namespace corepool::engine
