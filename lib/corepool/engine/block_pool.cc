#include "corepool/engine/block_pool.h"

#include <cstddef>

#include "corepool/config.h"
#include "corepool/engine/block_fill.h"
#include "corepool/engine/growth.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/annotate.h"
#include "corepool/port/port.h"
#include "corepool/port/trace.h"

namespace corepool::engine {

void BlockPool::LayOut(bool as_all_zero) const {
  state_.free_blocks.Reset();
  if (parts_.growth != nullptr) LinkBornAndUnborn();
  state_.peak.Set(0);
  state_.failures.Reset();
  state_.misuses.Reset();
  state_.put_back.Reset();
  state_.withheld.Reset();
  state_.released.Reset();
  parts_.quarantine.Reset();
  for (Index index = 0; index < parts_.space.count; ++index) {
    if (!as_all_zero && parts_.layout.HasBlock(index)) {
      MarkMemory(parts_.layout.BlockAt(index));
    }
  }
  // Blocks that have been grown are in no row.
  const bool in_a_row = parts_.growth == nullptr || !parts_.growth->HasGrown();
  if (cached() && !as_all_zero && in_a_row) caches().Distribute();
}

void BlockPool::Abandon() const {
  for (Index index = 0; index < parts_.space.count; ++index) {
    if (parts_.layout.HasBlock(index)) Allow(parts_.layout.BlockAt(index));
  }
}

Error BlockPool::Report(Error kind, const void* block, std::size_t index,
                        const Damage& damage) const {
  state_.misuses.Add(1);
  ReportMisuse({.kind = kind,
                .pool = parts_.identity,
                .pool_name = parts_.name,
                .block = block,
                .index = index,
                .core = port::Port::CoreIndex(),
                .context = parts_.misuse_context,
                .offset = damage.offset,
                .found = damage.found,
                .expected = damage.expected,
                .owner = index < parts_.space.count ? OwnerOf(static_cast<Index>(index))
                                                    : OwnerTag{0}},
               parts_.misuse_handler);
  return kind;
}

Error BlockPool::Exhausted() const {
  state_.failures.Add(1);
  port::Trace::Exhausted(parts_.identity, parts_.name, state_.failures.Get());
  if (parts_.alarms != nullptr) parts_.alarms->TellExhausted(Stats().used);
  return parts_.growth == nullptr ? Error::kExhausted : parts_.growth->Reason();
}

BlockPool::Got BlockPool::RefuseDamaged(const Finding& finding, Index index,
                                        void* block) const {
  MarkMemory(block);
  Push(&block, 1);
  state_.put_back.Add(1);
  return {Report(finding.error, block, index, finding.damage), nullptr};
}

// The block may be somebody's, so it must neither be handed out nor written to.
BlockPool::Got BlockPool::Withhold(const Finding& finding, Index index,
                                   const void* block) const {
  state_.withheld.Add(1);
  return {Report(finding.error, block, index, finding.damage), nullptr};
}

Error BlockPool::RefuseAddress(const void* address) const {
  if (address == nullptr) return Error::kOk;
  return Report(parts_.layout.Diagnose(address, parts_.alignment), address, kNoIndex);
}

Error BlockPool::Refuse(Error kind, Index index, const void* block) const {
  return Report(kind, block, index);
}

Error BlockPool::RefuseDoubleFree(Index index, const void* block) const {
  return Report(Error::kDoubleFree, block, index);
}

Error BlockPool::RefuseIfFree(Index index, void* block) const {
  return parts_.state.LooksFree(index, block) ? RefuseDoubleFree(index, block)
                                              : Error::kOk;
}

bool BlockPool::PopQuickly(void** block) const {
  return parts_.caching == Caching::kRseq ? caches().PopByCore(block)
                                          : caches().PopLinked(block);
}

bool BlockPool::PushQuickly(Index index, void* block) const {
  return parts_.caching == Caching::kRseq ? caches().PushByCore(block)
                                          : caches().PushLinked(index);
}

BlockPool::Got BlockPool::Allocate() const {
  if (cached()) {
    void* block = nullptr;
    return PopQuickly(&block) ? Prepare(block) : AllocateSlowly();
  }
  // What is on top may be no block yet.
  if (parts_.growth != nullptr) return AllocateSlowly();
  const auto popped = PopListed();
  if (popped.index == parts_.space.count) return AllocateSlowly();
  const Got got = Prepare(parts_.layout.BlockAt(popped.index));
  if (got.error == Error::kOk) {
    state_.peak.Raise(parts_.space.count - lockfree::Word{popped.depth} + 1);
  }
  return got;
}

BlockPool::Got BlockPool::AllocateSlowly() const {
  void* block = nullptr;
  lockfree::Word proof = 0;
  if (PopOrProve(&block, 1, proof) == 0) return {Exhausted(), nullptr};
  return Prepare(block);
}

BlockPool::Got BlockPool::Prepare(void* block) const {
  const auto index = static_cast<Index>(parts_.layout.IndexOf(block));
  // The pattern is looked at before the marks change: until then a second free of the
  // block is refused. And the marks before the pattern: they say whether the block is
  // ours to look at.
  auto taken = BlockState::Taken::kGood;
  if (parts_.filled) {
    taken = parts_.state.Inspect(index, block);
    if (taken == BlockState::Taken::kGood) {
      const Finding finding = Examine(index, block);
      if (finding.error != Error::kOk) return RefuseDamaged(finding, index, block);
    }
  }
  if (taken == BlockState::Taken::kGood) {
    taken = parts_.state.MarkAllocated(index, block);
  }
  switch (taken) {
    case BlockState::Taken::kGood: break;
    case BlockState::Taken::kDamaged:
      return RefuseDamaged(BrokenCookie(block), index, block);
    case BlockState::Taken::kAllocated:
      return Withhold({Error::kDoubleFree, {}}, index, block);
    case BlockState::Taken::kUnknown:
      return Withhold(BrokenCookie(block), index, block);
  }
  Equip(block);
  return {Error::kOk, block};
}

bool BlockPool::IsTaken(Index index, void* block) const {
  return parts_.hooks->on_free({.pool = parts_.identity,
                                .pool_name = parts_.name,
                                .block = block,
                                .index = index,
                                .context = parts_.hooks->context}) ==
         FreeDecision::kTaken;
}

Error BlockPool::Free(Index index, void* block) const {
  Error error = Error::kOk;
  return IsSettledByHook(index, block, error) ? error : FreeDirectly(index, block);
}

bool BlockPool::IsSettledByHook(Index index, void* block, Error& error) const {
  if (parts_.hooks == nullptr) return false;
  error = RefuseIfFree(index, block);
  return error != Error::kOk || IsTaken(index, block);
}

Error BlockPool::FreeDirectly(Index index, void* block) const {
  const Error error = Retire(index, block);
  if (error == Error::kDoubleFree) return error;
  if (parts_.quarantine.exists()) {
    index = parts_.quarantine.Exchange(index);
    if (index == parts_.quarantine.none()) {
      ServeWaiters(1);  // out of the quarantine, if there is nothing else
      return error;
    }
    block = parts_.layout.BlockAt(index);
  }
  if (!cached()) {
    PushListed(index, index, 1);
  } else if (!PushQuickly(index, block)) {
    const Error refusal = Push(&block, 1);
    return error == Error::kOk ? refusal : error;
  }
  ServeWaiters(1);
  return error;
}

Error BlockPool::Push(void* const* blocks, std::size_t count) const {
  Error error = Error::kOk;
  const std::size_t freed = count;
  while (cached() && count > 0) {
    void* doubled = nullptr;
    const std::size_t done = caches().Free(blocks, count, doubled);
    blocks += done;
    count -= done;
    if (doubled == nullptr) continue;
    const auto index = static_cast<Index>(parts_.layout.IndexOf(doubled));
    error = RefuseDoubleFree(index, doubled);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto index = static_cast<Index>(parts_.layout.IndexOf(blocks[i]));
    PushListed(index, index, 1);
  }
  ServeWaiters(freed);
  return error;
}

std::size_t BlockPool::PopOrProve(void** blocks, std::size_t most,
                                  lockfree::Word& proof) const {
  for (;;) {
    const std::size_t popped = PopFreeOrProve(blocks, most, proof);
    if (popped > 0 || !parts_.quarantine.exists()) return popped;
    lockfree::Word quarantined = 0;
    const Index index = parts_.quarantine.Take(quarantined);
    if (index != parts_.quarantine.none()) {
      state_.released.Add(1);
      *blocks = parts_.layout.BlockAt(index);
      return 1;
    }
    // All words that count free blocks, those of the quarantine too, said 0 when first
    // read. If their sum is still the same, none has changed before it was read again;
    // so all of them said 0 at the instant between the two rounds.
    proof += quarantined;
    if (COREPOOL_SABOTAGE_COLLECT != 0 || Evidence() == proof) return 0;
  }
}

std::size_t BlockPool::PopBornOrProve(void** blocks, std::size_t most,
                                      lockfree::Word& proof) const {
  if (cached()) return caches().Allocate(blocks, most, proof);
  lockfree::Backoff backoff;
  const lockfree::Word burned = Burned();
  const Alarms::Seen alarms = LookAtAlarms();
  lockfree::Word seen = state_.free_blocks.Head(parts_.space);
  for (;;) {
    const Index top = parts_.space.tagged.IndexOf(seen);
    if (!parts_.layout.HasBlock(top)) {
      proof = seen;
      return 0;
    }
    if (state_.free_blocks.PopFrom(parts_.space, seen)) {
      const Index depth = parts_.space.Depth(top);
      NoteListed(alarms, depth, static_cast<Index>(depth - 1));
      state_.peak.Raise(UsedAt(depth, burned) + 1);
      *blocks = parts_.layout.BlockAt(top);
      return 1;
    }
    backoff.Wait();
  }
}

lockfree::Word BlockPool::Evidence() const {
  const lockfree::Word free =
      cached() ? caches().Evidence() : state_.free_blocks.Head(parts_.space);
  return free + parts_.quarantine.Sum();
}

BlockPool::Found BlockPool::PopWithin(std::size_t& attempts, void** block,
                                      lockfree::Word& proof) const {
  const std::size_t bound = attempts;
  const Alarms::Seen alarms = LookAtAlarms();
  if (cached()) {
    if (attempts == 0) return Found::kUnknown;
    --attempts;
    if (PopQuickly(block)) return Found::kBlock;
    if (attempts == 0) return Found::kUnknown;
  }
  lockfree::Word used = cached() ? parts_.cache.state->TakeOut(1) : 0;
  proof = state_.free_blocks.Head(parts_.space);
  for (;;) {
    const Index top = parts_.space.tagged.IndexOf(proof);
    const bool empty = top == parts_.space.count;
    if (empty || attempts == 0) {
      if (cached()) parts_.cache.state->PutIn(1);
      return empty && !cached() ? Found::kNone : Found::kUnknown;
    }
    --attempts;
    if (!state_.free_blocks.PopFrom(parts_.space, proof)) continue;
    parts_.state.MarkUnlisted(top);
    *block = parts_.layout.BlockAt(top);
    if (!cached()) {
      const Index depth = parts_.space.Depth(top);
      NoteListed(alarms, depth, static_cast<Index>(depth - 1));
      used = parts_.space.count - lockfree::Word{depth} + 1;
    }
    (cached() ? parts_.cache.state->peak : state_.peak).RaiseWithin(used, bound);
    return Found::kBlock;
  }
}

void BlockPool::TakeBack(void* block) const {
  const auto index = static_cast<Index>(parts_.layout.IndexOf(block));
  // The pattern and the guard are as they were.
  if (parts_.annotated) Allow(block);
  parts_.state.MarkFree(index, block);
  Forbid(block);
  Push(&block, 1);
  state_.put_back.Add(1);
}

// Blocks that are refused have been reported and put back, or withheld.
void* BlockPool::TakeForWaiter(bool& again) const {
  for (;;) {
    void* block = nullptr;
    lockfree::Word proof = 0;
    if (PopOrProve(&block, 1, proof) == 0) return nullptr;
    const Got got = Prepare(block);
    if (got.error == Error::kOk) return got.block;
    again = true;
  }
}

void BlockPool::FlushQuarantine() const {
  if (!parts_.quarantine.exists()) return;
  for (;;) {
    lockfree::Word sum = 0;
    const Index index = parts_.quarantine.Take(sum);
    if (index == parts_.quarantine.none()) return;
    void* const block = parts_.layout.BlockAt(index);
    Push(&block, 1);
  }
}

void BlockPool::FlushCaches() const {
  if (cached()) caches().Flush();
}

Error BlockPool::Retire(Index index, void* block) const {
  if (parts_.checking == Checking::kOff) return Error::kOk;
  // Whatever its user left in the first word, it is looked at now.
  if (parts_.annotated && parts_.state.cookies()) {
    port::Annotations::Allow(block, sizeof(Cookie));
  }
  if (!parts_.state.MarkFree(index, block)) {
    return RefuseDoubleFree(index, block);
  }
  if (parts_.checking != Checking::kFull) return Error::kOk;
  const BlockFill fill = parts_.FillOf(block);
  Allow(block);
  const bool intact = fill.IsGuardIntact();
  const Damage damage = intact ? Damage{} : fill.FindInGuard();
  if (parts_.filled) {
    fill.Fill();
    if (!intact) fill.SetGuard();
  }
  Forbid(block);
  return intact ? Error::kOk : Report(Error::kOverrun, block, index, damage);
}

}  // namespace corepool::engine
