#include "corepool/engine/block_pool.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/engine/block_fill.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/port/port.h"
#include "corepool/stats.h"

namespace corepool::engine {

BlockFill BlockPool::FillOf(void* block) const {
  const std::size_t from = parts_.state.in_block() ? sizeof(Cookie) : 0;
  return BlockFill(block, from, parts_.block_size);
}

void BlockPool::LayOut() const {
  state_.free_blocks.Reset(parts_.space);
  state_.peak.store(0, lockfree::kRelaxed);
  state_.failures.Reset();
  state_.misuses.Reset();
  state_.put_back.Reset();
  for (Index index = 0; index < parts_.space.count; ++index) Restore(index);
}

Error BlockPool::Exhausted() const {
  state_.failures.Add(1);
  return Error::kExhausted;
}

BlockPool::Result BlockPool::FinishAllocate(Index index) const {
  void* const block = parts_.layout.BlockAt(index);
  if (Prepare(index, block)) return {Error::kOk, block};
  return {PutBack(index, index, 1, index), nullptr};
}

Error BlockPool::FinishFree(Index index, void* block) const {
  const Error error = Retire(index, block);
  if (error != Error::kDoubleFree) state_.free_blocks.Push(parts_.space, index);
  return error;
}

Error BlockPool::RefuseAddress(const void* block) const {
  if (block == nullptr) return Error::kOk;
  return Report(parts_.layout.Diagnose(block, parts_.alignment), block, kNoIndex);
}

void BlockPool::RaisePeak(PoolState& state, Index used) {
  Index peak = state.peak.load(lockfree::kRelaxed);
  while (used > peak && !state.peak.compare_exchange_weak(
                            peak, used, lockfree::kRelaxed, lockfree::kRelaxed)) {
  }
}

bool BlockPool::Prepare(Index index, void* block) const {
  if (parts_.checking == Checking::kOff) return true;
  const BlockFill fill = FillOf(block);
  if (parts_.filled && !fill.IsFilled()) return false;
  if (!parts_.state.MarkAllocated(index, block)) return false;
  if (parts_.checking == Checking::kFull) fill.SetGuard();
  return true;
}

Error BlockPool::Retire(Index index, void* block) const {
  if (parts_.checking == Checking::kOff) return Error::kOk;
  if (!parts_.state.MarkFree(index, block)) {
    return Report(Error::kDoubleFree, block, index);
  }
  if (parts_.checking != Checking::kFull) return Error::kOk;
  const BlockFill fill = FillOf(block);
  const bool intact = fill.IsGuardIntact();
  if (parts_.filled) fill.Fill();
  return intact ? Error::kOk : Report(Error::kOverrun, block, index);
}

void BlockPool::Restore(Index index) const {
  if (parts_.checking == Checking::kOff) return;
  void* const block = parts_.layout.BlockAt(index);
  parts_.state.Restore(index, block);
  if (parts_.filled) FillOf(block).Fill();
}

Error BlockPool::PutBack(Index first, Index last, Index length, Index damaged) const {
  Index index = first;
  for (Index i = 0; i < length; ++i, index = parts_.space.Next(index)) {
    Restore(index);
  }
  state_.put_back.Add(length);
  state_.free_blocks.PushChain(parts_.space, first, last, length);
  return Report(Error::kWriteAfterFree, parts_.layout.BlockAt(damaged), damaged);
}

Error BlockPool::Report(Error kind, const void* block, std::size_t index) const {
  state_.misuses.Add(1);
  ReportMisuse({.kind = kind,
                .pool = identity_,
                .pool_name = parts_.name,
                .block = block,
                .index = index,
                .core = port::Port::CoreIndex(),
                .context = parts_.misuse_context},
               parts_.misuse_handler);
  return kind;
}

Error BlockPool::AllocateChain(Index least, Index most, void** blocks,
                               Index& taken) const {
  const auto chain = state_.free_blocks.PopChain(parts_.space, least, most);
  taken = chain.taken;
  if (taken == 0) return Exhausted();
  RaisePeak(state_, static_cast<Index>(parts_.space.count - chain.depth + taken));

  Index last = chain.first;
  Index damaged = parts_.space.count;
  for (Index i = 0, index = chain.first; i < taken; ++i) {
    const Index next = parts_.space.Next(index);
    // The walk below reads each block's first word and writes it.
    if (i + 1u < taken) port::Port::PrefetchForWrite(parts_.layout.BlockAt(next));
    blocks[i] = parts_.layout.BlockAt(index);
    if (!Prepare(index, blocks[i])) damaged = index;
    last = index;
    index = next;
  }
  if (damaged == parts_.space.count) return Error::kOk;
  for (Index i = 0; i < taken; ++i) blocks[i] = nullptr;
  const Error error = PutBack(chain.first, last, taken, damaged);
  taken = 0;
  return error;
}

Error BlockPool::AllocateBulk(std::span<void*> blocks) const {
  if (blocks.empty()) return Error::kOk;
  if (blocks.size() > parts_.space.count) return Exhausted();
  const auto length = static_cast<Index>(blocks.size());
  Index taken = 0;
  return AllocateChain(length, length, blocks.data(), taken);
}

std::size_t BlockPool::AllocateUpTo(std::span<void*> blocks) const {
  if (blocks.empty()) return 0;
  const Index most = blocks.size() < parts_.space.count
                         ? static_cast<Index>(blocks.size())
                         : parts_.space.count;
  Index taken = 0;
  // The error is told by a short count, and to the misuse handler.
  (void)AllocateChain(1, most, blocks.data(), taken);
  return taken;
}

Error BlockPool::FreeBulk(std::span<void* const> blocks) const {
  Error first_error = Error::kOk;
  // The last block given ends up on top, as if freed one after another.
  Index top = parts_.space.count;
  Index bottom = top;
  Index length = 0;
  for (void* const block : blocks) {
    const std::size_t index = parts_.layout.IndexOf(block);
    const bool ours = index < parts_.space.count;
    const auto pushed = static_cast<Index>(index);
    const Error error = ours ? Retire(pushed, block) : RefuseAddress(block);
    if (first_error == Error::kOk) first_error = error;
    if (!ours || error == Error::kDoubleFree) continue;
    if (length == 0) {
      bottom = pushed;
    } else {
      parts_.space.SetNext(pushed, top);
    }
    top = pushed;
    ++length;
  }
  if (length > 0) {
    state_.free_blocks.PushChain(parts_.space, top, bottom, length);
  }
  return first_error;
}

PoolStats BlockPool::Stats() const {
  const auto seen = state_.free_blocks.Look(parts_.space);
  const std::uint64_t capacity = parts_.space.count;
  const std::uint64_t used = capacity - seen.depth;
  const std::uint64_t peak = state_.peak.load(lockfree::kRelaxed);
  const std::uint64_t put_back = state_.put_back.Get();
  // pops + pushes == operations, and pops - pushes == used.
  PoolStats stats{};
  stats.capacity = parts_.space.count;
  stats.free = seen.depth;
  stats.used = static_cast<std::size_t>(used);
  // A context that stands between its pop and noting the peak has not yet told.
  stats.peak = static_cast<std::size_t>(peak > used ? peak : used);
  stats.block_size = parts_.block_size;
  stats.stride = parts_.layout.stride();
  stats.allocations = (seen.operations + used) / 2 - put_back;
  stats.frees = (seen.operations - used) / 2 - put_back;
  stats.failures = state_.failures.Get();
  stats.misuses = state_.misuses.Get();
  stats.tag_bits = parts_.space.tagged.tag_bits();
  stats.exact = seen.exact;
  return stats;
}

void BlockPool::ResetPeak() const {
  const auto used = [this] {
    return static_cast<Index>(parts_.space.count -
                              state_.free_blocks.Look(parts_.space).depth);
  };
  state_.peak.store(used(), lockfree::kRelaxed);
  // Allocations between the look and the store measured against the old peak.
  RaisePeak(state_, used());
}

}  // namespace corepool::engine
