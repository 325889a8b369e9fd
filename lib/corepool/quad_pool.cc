#include "corepool/quad_pool.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/config.h"
#include "corepool/engine/creation.h"
#include "corepool/engine/leaf_marks.h"
#include "corepool/engine/leaks.h"
#include "corepool/engine/quad_parts.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/engine/quad_tree.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/port.h"
#include "corepool/port/trace.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"

namespace corepool {

using engine::LeafMarks;
using engine::QuadTree;
using lockfree::kRelaxed;
using lockfree::Word;

namespace {

std::byte* AlignedUp(std::byte* address, std::size_t alignment) {
  const auto value = reinterpret_cast<std::uintptr_t>(address);
  return address + (-value & (alignment - 1));
}

// Begins the lifetimes of `count` objects of type T.
template <class T>
T* Make(std::byte* memory, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) ::new (memory + i * sizeof(T)) T{};
  return std::launder(reinterpret_cast<T*>(memory));
}

}  // namespace

Error QuadPool::Init(const QuadPoolOptions& options, std::span<std::byte> memory) {
  if (initialized_) return Error::kAlreadyInitialized;
  const engine::QuadPlan plan = engine::PlanQuad(options);
  if (plan.error != Error::kOk) return plan.error;
  const Error error =
      engine::CheckMemory(memory, plan.total_bytes, plan.total_alignment);
  if (error != Error::kOk) return error;
  return InitAt(options, plan, memory.data() + plan.blocks_offset, memory.data());
}

Error QuadPool::Init(const QuadPoolOptions& options, std::span<std::byte> blocks,
                     std::span<std::byte> bookkeeping) {
  if (initialized_) return Error::kAlreadyInitialized;
  const engine::QuadPlan plan = engine::PlanQuad(options);
  if (plan.error != Error::kOk) return plan.error;
  Error error = engine::CheckMemory(blocks, plan.block_bytes, plan.alignment);
  if (error != Error::kOk) return error;
  error = engine::CheckMemory(bookkeeping, plan.bookkeeping_bytes,
                              kQuadBookkeepingAlignment);
  if (error != Error::kOk) return error;
  if (engine::Overlap(blocks.first(plan.block_bytes),
                      bookkeeping.first(plan.bookkeeping_bytes))) {
    return Error::kOverlappingMemory;
  }
  return InitAt(options, plan, blocks.data(), bookkeeping.data());
}

Error QuadPool::InitAt(const QuadPoolOptions& options, const engine::QuadPlan& plan,
                       std::byte* blocks, std::byte* bookkeeping) {
  engine::WaitTable* const waiters = TableOf(options.waiters);
  const Error refused = engine::WaitTable::Attach(waiters, this, kWaitOperations);
  if (refused != Error::kOk) return refused;
  using Words = lockfree::Atomic<Word>;
  std::byte* maps = bookkeeping + plan.maps_offset;
  if (plan.shape.parts > 1) maps = AlignedUp(maps, port::Port::kInterferenceBytes);
  parts_ = {
      .tree = {.shape = plan.shape,
               .policy = options.merge,
               .nodes = Make<Words>(bookkeeping, plan.shape.node_count()),
               .maps = Make<Words>(maps, plan.shape.parts * plan.shape.map_words)},
      .marks = LeafMarks(
          Make<LeafMarks::Atomic>(bookkeeping + plan.leaves_offset, plan.shape.leaves)),
      .blocks = blocks,
      .divisor = base::ExactDivisor(options.min_block_size),
      .min_block_size = options.min_block_size,
      .max_block_size = options.max_block_size,
      .min_width = static_cast<int>(std::bit_width(options.min_block_size - 1)),
      .levels = plan.levels,
      .alignment = plan.alignment,
      .bookkeeping_bytes = plan.bookkeeping_bytes,
      .exact = options.checking != Checking::kOff,
      .measure_peak = options.measure_peak,
      .name = options.name,
      .misuse_handler = options.misuse_handler,
      .misuse_context = options.misuse_context,
      .waiters = waiters};
  LayOut();
  initialized_ = true;
  return Error::kOk;
}

void QuadPool::LayOut() const {
  for (std::size_t i = 0; i < parts_.tree.shape.leaves; ++i) parts_.marks.Clear(i);
  Tree().LayOut();
  state_.peak.Set(0);
  state_.used.store(0, kRelaxed);
  state_.allocations.Reset();
  state_.misuses.Reset();
  for (lockfree::Counter& failures : state_.failures) failures.Reset();
}

Error QuadPool::Deinit(Leaks leaks) {
  if (!initialized_) return Error::kNotInitialized;
  if (parts_.waiters != nullptr && parts_.waiters->CountWaiting() != 0) {
    return Error::kBlocksInUse;
  }
  const Error error = SettleLeaks(leaks);
  if (error != Error::kOk) return error;
  engine::WaitTable::Detach(parts_.waiters, this);
  parts_ = {};
  initialized_ = false;
  return Error::kOk;
}

Error QuadPool::Clear(Leaks leaks) {
  if (!initialized_) return Error::kNotInitialized;
  const Error error = SettleLeaks(leaks);
  if (error != Error::kOk) return error;
  LayOut();
  ServeWaiters();
  return Error::kOk;
}

Error QuadPool::SettleLeaks(Leaks leaks) const {
  if (leaks == Leaks::kIgnore) return Error::kOk;
  std::size_t left = 0;
  ForEachBlock([&](std::size_t leaf, int) {
    ++left;
    if (leaks != Leaks::kRefuse) Report(Error::kLeak, BlockAt(leaf), leaf);
  });
  if (left == 0) return Error::kOk;
  if (leaks == Leaks::kRefuse) return Error::kBlocksInUse;
  if (leaks == Leaks::kAbort) engine::HaltForLeaks();
  return Error::kOk;
}

// The lowest level whose blocks have at least `size` bytes, 1 to max_block_size.
int QuadPool::LevelFor(std::size_t size) const {
  // min_block_size lies above 2^(min_width - 1), and is at most 2^min_width; so does
  // size with its own width. Their quotient is then known up to one binary order.
  int order = static_cast<int>(std::bit_width(size - 1)) - parts_.min_width;
  if (order < 0) return 0;
  if (size > parts_.min_block_size << order) ++order;
  const int step = parts_.tree.shape.step;
  return step == 1 ? order : (order + 1) / 2;
}

std::size_t QuadPool::BlockSizeAt(int level) const {
  if (level < 0 || level >= parts_.levels) return 0;
  return parts_.min_block_size << OrderOf(level);
}

Error QuadPool::CheckSize(std::size_t size) const {
  if (size - 1 < parts_.max_block_size) [[likely]]
    return Error::kOk;
  if (!initialized_) return Error::kNotInitialized;
  return size == 0 ? Error::kInvalidSize : Error::kTooLarge;
}

QuadPool::Allocation QuadPool::TryAllocate(std::size_t size) {
  const Error refused = CheckSize(size);
  if (refused != Error::kOk) [[unlikely]]
    return {refused, nullptr};
  const int level = LevelFor(size);
  const std::size_t leaf = Tree().Take(OrderOf(level));
  if (leaf == QuadTree::kNone) [[unlikely]] {
    state_.failures[level].Add(1);
    port::Trace::Exhausted(this, parts_.name, state_.failures[level].Get());
    return {Error::kExhausted, nullptr};
  }
  void* const block = Handed(leaf, level);
  port::Trace::Allocated(this, parts_.name, block);
  return {Error::kOk, block};
}

// What is left to do for a block that was taken out of the tree.
void* QuadPool::Handed(std::size_t leaf, int level) const {
  parts_.marks.Begin(leaf, level, state_.allocations);
  const Word leaves = Word{1} << OrderOf(level);
  if (!parts_.measure_peak) {
    state_.peak.Raise(leaf + leaves);
  } else {
    state_.peak.Raise(state_.used.fetch_add(leaves, kRelaxed) + leaves);
  }
  return parts_.blocks + leaf * parts_.min_block_size;
}

// The number of the leaf that starts at `address`; `leaves` or more if none does.
std::size_t QuadPool::LeafOf(const void* address) const {
  return parts_.divisor.Quotient(reinterpret_cast<std::uintptr_t>(address) -
                                 reinterpret_cast<std::uintptr_t>(parts_.blocks));
}

Error QuadPool::Free(void* block) {
  const std::size_t leaf = LeafOf(block);
  if (leaf >= parts_.tree.shape.leaves) [[unlikely]]
    return RefuseAddress(block);
  const int level = parts_.marks.End(leaf, parts_.exact);
  if (level == LeafMarks::kNoBlock) [[unlikely]]
    return RefuseAddress(block);
  port::Trace::Freed(this, parts_.name, block);
  GiveBack(leaf, level);
  ServeWaiters();
  return Error::kOk;
}

Error QuadPool::Free(void* block, std::size_t size) {
  const std::size_t leaf = LeafOf(block);
  if (leaf < parts_.tree.shape.leaves) [[likely]] {
    const int level = parts_.marks.LevelAt(leaf);
    if (level != LeafMarks::kNoBlock &&
        (size - 1 >= parts_.max_block_size || LevelFor(size) != level)) [[unlikely]] {
      return Report(Error::kWrongSize, block, leaf);
    }
  }
  return Free(block);
}

void QuadPool::GiveBack(std::size_t leaf, int level) const {
  const int order = OrderOf(level);
  if (parts_.measure_peak) {
    state_.used.fetch_add(~(Word{1} << order) + 1, kRelaxed);
  }
  Tree().Give(leaf, order);
}

constinit const engine::WaitOperations QuadPool::kWaitOperations{
    &TakeForWaiter, &PutBackForWaiter, false};

bool QuadPool::TakeForWaiter(const void* pool, const engine::WaitRequest& request,
                             engine::WaitHandle& handle, bool&) {
  const auto& self = *static_cast<const QuadPool*>(pool);
  const int level = self.LevelFor(static_cast<std::size_t>(request.size));
  const std::size_t leaf = self.Tree().Take(self.OrderOf(level));
  if (leaf == QuadTree::kNone) return false;
  self.Handed(leaf, level);
  handle = static_cast<engine::WaitHandle>(leaf);
  return true;
}

void QuadPool::PutBackForWaiter(const void* pool, engine::WaitHandle handle) {
  const auto& self = *static_cast<const QuadPool*>(pool);
  const auto leaf = static_cast<std::size_t>(handle);
  self.GiveBack(leaf, self.parts_.marks.End(leaf, true));
}

QuadPool::Allocation QuadPool::AllocateUntil(std::size_t size, Ticks deadline,
                                             std::uint8_t priority) {
  if (!initialized_) return {Error::kNotInitialized, nullptr};
  if (deadline != kNoWait && parts_.waiters == nullptr) {
    return {Error::kUnsupported, nullptr};
  }
  const Allocation got = TryAllocate(size);
  if (got.error != Error::kExhausted || deadline == kNoWait ||
      parts_.tree.shape.leaves == 0) {
    return got;
  }
  engine::WaitHandle handle = 0;
  const Error error = parts_.waiters->Wait({.size = static_cast<Word>(size)}, deadline,
                                           priority, handle);
  if (error != Error::kOk) return {error, nullptr};
  void* const block = BlockAt(static_cast<std::size_t>(handle));
  port::Trace::Allocated(this, parts_.name, block);
  return {Error::kOk, block};
}

Error QuadPool::RefuseAddress(const void* address) const {
  if (!initialized_) return Error::kNotInitialized;
  if (address == nullptr) return Error::kOk;
  if (!Owns(address)) return Report(Error::kForeignPointer, address, kNoIndex);
  const auto offset =
      static_cast<std::size_t>(static_cast<const std::byte*>(address) - parts_.blocks);
  if (offset % parts_.alignment != 0) {
    return Report(Error::kMisalignedPointer, address, kNoIndex);
  }
  const std::size_t leaf = offset / parts_.min_block_size;
  if (offset % parts_.min_block_size != 0) {
    return Report(Error::kInteriorPointer, address, leaf);
  }
  // Inside an allocated block?
  for (int level = 1; level < parts_.levels; ++level) {
    const std::size_t first = leaf >> OrderOf(level) << OrderOf(level);
    if (first != leaf && parts_.marks.LevelAt(first) >= level) {
      return Report(Error::kInteriorPointer, address, leaf);
    }
  }
  return Report(Error::kDoubleFree, address, leaf);
}

Error QuadPool::Report(Error kind, const void* block, std::size_t index) const {
  state_.misuses.Add(1);
  ReportMisuse({.kind = kind,
                .pool = this,
                .pool_name = parts_.name,
                .block = block,
                .index = index,
                .core = port::Port::CoreIndex(),
                .context = parts_.misuse_context},
               parts_.misuse_handler);
  return kind;
}

QuadPool::Allocation QuadPool::TryReallocate(void* block, std::size_t size) {
  if (block == nullptr) return TryAllocate(size);
  const std::size_t leaf = LeafOf(block);
  const engine::LeafUnit mark =
      leaf < parts_.tree.shape.leaves ? parts_.marks.MarkAt(leaf) : engine::LeafUnit{0};
  const int level = LeafMarks::LevelOf(mark);
  if (level == LeafMarks::kNoBlock) return {RefuseAddress(block), nullptr};
  if (size - 1 < parts_.max_block_size && LevelFor(size) == level) {
    return {Error::kOk, block};
  }
  const Allocation moved = TryAllocate(size);
  if (moved.error != Error::kOk) return moved;
  const std::size_t old = BlockSizeAt(level);
  const auto* const from = static_cast<const std::byte*>(block);
  auto* const to = static_cast<std::byte*>(moved.block);
  for (std::size_t i = 0; i < old && i < size; ++i) to[i] = from[i];
  if (parts_.marks.EndSeen(leaf, mark, true) != LeafMarks::kNoBlock) {
    port::Trace::Freed(this, parts_.name, block);
    GiveBack(leaf, level);
    ServeWaiters();
    return moved;
  }
  // Somebody else has freed it meanwhile, and been believed; its place may even have
  // been allocated again, by this very call.
  Free(moved.block);
  return {Report(Error::kDoubleFree, block, leaf), nullptr};
}

// Blocks are handed out only when there are enough: those of a call that fails have
// never been allocated, as far as anybody can see.
Error QuadPool::AllocateBulk(std::size_t size, std::span<void*> blocks) {
  if (blocks.empty()) return Error::kOk;
  if (blocks.data() == nullptr) return Error::kNullMemory;
  const Error refused = CheckSize(size);
  if (refused != Error::kOk) {
    for (void*& block : blocks) block = nullptr;
    return refused;
  }
  const int level = LevelFor(size);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::size_t leaf = Tree().Take(OrderOf(level));
    if (leaf != QuadTree::kNone) {
      blocks[i] = BlockAt(leaf);
      continue;
    }
    state_.failures[level].Add(1);
    for (const void* const block : blocks.first(i)) {
      Tree().Give(LeafOf(block), OrderOf(level));
    }
    for (void*& block : blocks) block = nullptr;
    ServeWaiters();
    return Error::kExhausted;
  }
  for (const void* const block : blocks) Handed(LeafOf(block), level);
  return Error::kOk;
}

std::size_t QuadPool::AllocateUpTo(std::size_t size, std::span<void*> blocks) {
  if (blocks.data() == nullptr) return 0;
  std::size_t count = 0;
  while (count < blocks.size()) {
    blocks[count] = Allocate(size);
    if (blocks[count] == nullptr) break;
    ++count;
  }
  return count;
}

Error QuadPool::FreeBulk(std::span<void* const> blocks) {
  if (blocks.empty()) return Error::kOk;
  if (blocks.data() == nullptr) return Error::kNullMemory;
  Error first = Error::kOk;
  for (void* const block : blocks) {
    const Error error = Free(block);
    if (first == Error::kOk) first = error;
  }
  return first;
}

void QuadPool::Defragment() {
  if (!initialized_) return;
  Tree().Merge();
  ServeWaiters();
}

}  // namespace corepool
