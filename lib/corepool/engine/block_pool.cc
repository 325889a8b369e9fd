#include "corepool/engine/block_pool.h"

#include <cstddef>
#include <cstdint>

#include "corepool/engine/block_fill.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/port/port.h"
#include "corepool/stats.h"

namespace corepool::engine {

void BlockPool::LayOut() const {
  state_.free_blocks.Reset(parts_.space);
  state_.peak.store(0, lockfree::kRelaxed);
  state_.failures.Reset();
  state_.misuses.Reset();
  state_.put_back.Reset();
  for (Index index = 0; index < parts_.space.count; ++index) {
    MarkMemory(parts_.layout.BlockAt(index));
  }
}

BlockFill BlockPool::FillOf(void* block) const {
  return BlockFill(block, sizeof(Cookie), parts_.block_size);
}

bool BlockPool::IsIntact(void* block) const {
  return parts_.state.IsIntact(block) && (!parts_.filled || FillOf(block).IsFilled());
}

void BlockPool::MarkMemory(void* block) const {
  parts_.state.MarkMemory(block);
  if (parts_.filled) FillOf(block).Fill();
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

Error BlockPool::Exhausted() const {
  state_.failures.Add(1);
  return Error::kExhausted;
}

Error BlockPool::RefuseDamaged(Index index) const {
  void* const block = parts_.layout.BlockAt(index);
  MarkMemory(block);
  PutBack(index, index, 1);
  return Report(Error::kWriteAfterFree, block, index);
}

Error BlockPool::RefuseAddress(const void* address) const {
  if (address == nullptr) return Error::kOk;
  return Report(parts_.layout.Diagnose(address, parts_.alignment), address, kNoIndex);
}

Error BlockPool::RefuseDoubleFree(Index index, const void* block) const {
  return Report(Error::kDoubleFree, block, index);
}

Error BlockPool::PrepareFull(Index index) const {
  void* const block = parts_.layout.BlockAt(index);
  if (!IsIntact(block)) return RefuseDamaged(index);
  HandOut(index);
  return Error::kOk;
}

Error BlockPool::FreeFull(Index index, void* block) const {
  const Error error = Retire(index, block);
  if (error != Error::kDoubleFree) state_.free_blocks.Push(parts_.space, index);
  return error;
}

Error BlockPool::Retire(Index index, void* block) const {
  if (parts_.checking == Checking::kOff) return Error::kOk;
  if (!parts_.state.MarkFree(index, block)) {
    return RefuseDoubleFree(index, block);
  }
  if (parts_.checking != Checking::kFull) return Error::kOk;
  const BlockFill fill = FillOf(block);
  const bool intact = fill.IsGuardIntact();
  if (parts_.filled) fill.Fill();
  return intact ? Error::kOk : Report(Error::kOverrun, block, index);
}

void BlockPool::RaisePeak(PoolState& state, Index used) {
  lockfree::Word peak = state.peak.load(lockfree::kRelaxed);
  while (used > peak && !state.peak.compare_exchange_weak(
                            peak, used, lockfree::kRelaxed, lockfree::kRelaxed)) {
  }
}

void BlockPool::PutBack(Index first, Index last, Index length) const {
  state_.free_blocks.PushChain(parts_.space, first, last, length);
  state_.put_back.Add(length);
}

BlockPool::Chain BlockPool::AllocateExactly(std::size_t length) const {
  if (length > parts_.space.count) return {Exhausted(), 0, 0};
  return AllocateChain(static_cast<Index>(length), static_cast<Index>(length), true);
}

BlockPool::Chain BlockPool::AllocateUpTo(std::size_t most) const {
  const Index bound =
      most < parts_.space.count ? static_cast<Index>(most) : parts_.space.count;
  return AllocateChain(1, bound, false);
}

BlockPool::Chain BlockPool::AllocateChain(Index least, Index most,
                                          bool refuse_damaged) const {
  const auto popped = state_.free_blocks.PopChain(parts_.space, least, most);
  if (popped.taken == 0) return {Exhausted(), 0, 0};

  bool damaged = false;
  Index last = popped.first;
  for (Index i = 0, index = popped.first; i < popped.taken; ++i) {
    const Index next = parts_.space.Next(index);
    // Cookies are read here, and blocks soon written to by their user.
    if (parts_.state.cookies() && i + 1u < popped.taken) {
      port::Port::PrefetchForWrite(parts_.layout.BlockAt(next));
    }
    void* const block = parts_.layout.BlockAt(index);
    if (!IsIntact(block)) {
      damaged = true;
      MarkMemory(block);
      Report(Error::kWriteAfterFree, block, index);
    }
    last = index;
    index = next;
  }
  if (damaged && refuse_damaged) {
    PutBack(popped.first, last, popped.taken);
    return {Error::kWriteAfterFree, 0, 0};
  }
  RaisePeak(state_,
            static_cast<Index>(parts_.space.count - popped.depth + popped.taken));
  return {Error::kOk, popped.first, popped.taken};
}

void* BlockPool::HandOut(Index index) const {
  void* const block = parts_.layout.BlockAt(index);
  if (parts_.checking != Checking::kOff) parts_.state.SetAllocated(index);
  if (parts_.checking == Checking::kFull) FillOf(block).SetGuard();
  return block;
}

void BlockPool::FreeBatch::Add(void* block) {
  const PoolParts& parts = pool_.parts_;
  const std::size_t found = parts.layout.IndexOf(block);
  const bool ours = found < parts.space.count;
  const auto index = static_cast<Index>(found);
  const Error error = ours ? pool_.Retire(index, block) : pool_.RefuseAddress(block);
  if (error_ == Error::kOk) error_ = error;
  if (!ours || error == Error::kDoubleFree) return;
  // The last block given ends up on top, as if freed one after another.
  if (length_ == 0) {
    bottom_ = index;
  } else {
    parts.space.SetNext(index, top_);
  }
  top_ = index;
  ++length_;
}

Error BlockPool::FreeBatch::Commit() {
  if (length_ > 0) {
    pool_.state_.free_blocks.PushChain(pool_.parts_.space, top_, bottom_, length_);
  }
  return error_;
}

PoolStats BlockPool::Stats() const {
  const std::uint64_t put_back = state_.put_back.Get();
  const auto seen = state_.free_blocks.Look(parts_.space);
  const std::uint64_t used = std::uint64_t{parts_.space.count} - seen.depth;
  const std::uint64_t peak = state_.peak.load(lockfree::kRelaxed);
  const auto minus = [](std::uint64_t from, std::uint64_t what) {
    return from > what ? from - what : 0;
  };
  // pops + pushes == operations, and pops - pushes == used.
  PoolStats stats{};
  stats.capacity = parts_.space.count;
  stats.free = seen.depth;
  stats.used = static_cast<std::size_t>(used);
  // A context that stands between its pop and noting the peak has not yet told.
  stats.peak = static_cast<std::size_t>(peak > used ? peak : used);
  stats.block_size = parts_.block_size;
  stats.stride = parts_.layout.stride();
  stats.allocations = minus((seen.operations + used) / 2, put_back);
  stats.frees = minus(minus(seen.operations, used) / 2, put_back);
  stats.failures = state_.failures.Get();
  stats.misuses = state_.misuses.Get();
  stats.tag_bits = parts_.space.tagged.tag_bits();
  stats.exact = seen.exact && state_.put_back.Get() == put_back;
  return stats;
}

void BlockPool::ResetPeak() const {
  for (;;) {
    const lockfree::Word head = state_.free_blocks.Head();
    const Index top = parts_.space.tagged.IndexOf(head);
    const Index depth = top == parts_.space.count ? Index{0} : parts_.space.Depth(top);
    state_.peak.store(static_cast<Index>(parts_.space.count - depth),
                      lockfree::kRelaxed);
    // If the head stood still, every later allocation pops after us, synchronizes with
    // us, and compares with the new peak.
    if (state_.free_blocks.StandsStill(head)) return;
  }
}

}  // namespace corepool::engine
