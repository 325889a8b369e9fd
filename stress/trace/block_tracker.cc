#include "stress/trace/block_tracker.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "stress/trace/malloc_trace.h"

namespace corepool::stress {

std::span<const TraceStep> BlockTracker::Take(const MallocEvent& event) {
  step_count_ = 0;
  threads_.try_emplace(event.thread, true);
  switch (event.kind) {
    case MallocEvent::Kind::kAllocate:
      ++counts_.allocations;
      Allocate(event);
      break;
    case MallocEvent::Kind::kFree:
      ++counts_.frees;
      Free(event, event.block);
      break;
    case MallocEvent::Kind::kReallocate:
      ++counts_.reallocations;
      Reallocate(event);
      break;
    case MallocEvent::Kind::kThreadEnded: break;
  }
  return {steps_.data(), step_count_};
}

TraceCounts BlockTracker::counts() const {
  TraceCounts counts = counts_;
  counts.threads = threads_.size();
  counts.never_freed = live_blocks_;
  return counts;
}

std::vector<TraceStep> BlockTracker::StepsToFreeAll() const {
  std::vector<TraceStep> steps;
  const auto add = [&steps](const Live& live) {
    if (live.block == kLeftOut) return;
    steps.push_back({.kind = TraceStep::Kind::kFree,
                     .block = live.block,
                     .thread = live.thread,
                     .old_size = live.size});
  };
  for (const auto& [key, live] : live_) add(live);
  for (const auto& [key, several] : younger_) {
    for (const Live& live : several) add(live);
  }
  return steps;
}

TraceStep& BlockTracker::AddStep(TraceStep::Kind kind, const MallocEvent& event,
                                 std::uint32_t block) {
  TraceStep& step = steps_[step_count_++];
  step = {.kind = kind, .block = block, .thread = event.thread, .at_ns = event.at_ns};
  return step;
}

std::uint64_t BlockTracker::SizeServed(const MallocEvent& event) {
  if (event.size == 0) ++counts_.zero_sized;
  return std::max<std::uint64_t>(event.size, 1);
}

void BlockTracker::CountLive(std::uint64_t more, std::uint64_t less, int blocks) {
  live_bytes_ = live_bytes_ + more - less;
  live_blocks_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(blocks));
  counts_.peak_bytes = std::max(counts_.peak_bytes, live_bytes_);
  counts_.peak_blocks = std::max(counts_.peak_blocks, live_blocks_);
  if (more != 0) counts_.largest = std::max(counts_.largest, more);
}

// The numbers that have been free for longest come first: their frees are over when
// threads replay them, and nobody waits for them.
std::uint32_t BlockTracker::NewNumber() {
  constexpr std::size_t kRest = 4096;
  if (free_numbers_.size() <= kRest) return block_numbers_++;
  const std::uint32_t number = free_numbers_.front();
  free_numbers_.pop_front();
  return number;
}

bool BlockTracker::Forget(const Key& key, Live& live) {
  const auto found = live_.find(key);
  if (found == live_.end()) return false;
  live = found->second;
  const auto younger = younger_.empty() ? younger_.end() : younger_.find(key);
  if (younger == younger_.end()) {
    live_.erase(found);
    return true;
  }
  found->second = younger->second.front();
  younger->second.pop_front();
  if (younger->second.empty()) younger_.erase(younger);
  return true;
}

void BlockTracker::Remember(const MallocEvent& event, const Live& live) {
  const Key key = KeyOf(event, event.block);
  if (live_.try_emplace(key, live).second) return;
  ++counts_.overlaps;
  younger_[key].push_back(live);
}

void BlockTracker::AddFree(const MallocEvent& event, const Live& live) {
  if (live.block == kLeftOut) {
    ++counts_.too_large_frees;
    return;
  }
  AddStep(TraceStep::Kind::kFree, event, live.block).old_size = live.size;
  ++counts_.blocks_freed;
  free_numbers_.push_back(live.block);
  CountLive(0, live.size, -1);
}

void BlockTracker::Free(const MallocEvent& event, std::uint64_t address) {
  if (address == 0) {
    ++counts_.null_frees;
    return;
  }
  Live live{};
  if (Forget(KeyOf(event, address), live)) {
    AddFree(event, live);
  } else {
    ++counts_.unknown_frees;
  }
}

void BlockTracker::Allocate(const MallocEvent& event) {
  if (event.block == 0) {
    ++counts_.failed;
    return;
  }
  if (options_.addresses == Addresses::kOfEachThread) {
    Live before{};
    if (Forget(KeyOf(event, event.block), before)) {
      ++counts_.unseen_frees;
      AddFree(event, before);
    }
  }
  const std::uint64_t size = SizeServed(event);
  if (size > options_.largest) {
    ++counts_.too_large;
    Remember(event, {kLeftOut, size, event.thread});
    return;
  }
  const std::uint32_t number = NewNumber();
  AddStep(TraceStep::Kind::kAllocate, event, number).size = size;
  ++counts_.blocks_allocated;
  Remember(event, {number, size, event.thread});
  CountLive(size, 0, 1);
}

void BlockTracker::Reallocate(const MallocEvent& event) {
  if (event.old_block == 0) {
    Allocate(event);
    return;
  }
  if (event.block == 0) {
    if (event.size == 0) {
      Free(event, event.old_block);
    } else {
      // realloc found no memory: the old block stays.
      ++counts_.failed;
    }
    return;
  }
  Live before{};
  if (!Forget(KeyOf(event, event.old_block), before)) {
    ++counts_.unknown_reallocations;
    Allocate(event);
    return;
  }
  const std::uint64_t size = std::max<std::uint64_t>(event.size, 1);
  if (before.block == kLeftOut) {
    ++counts_.too_large_frees;
    Allocate(event);
    return;
  }
  if (size > options_.largest) {
    AddFree(event, before);
    Allocate(event);
    return;
  }
  (void)SizeServed(event);
  TraceStep& step = AddStep(TraceStep::Kind::kReallocate, event, before.block);
  step.size = size;
  step.old_size = before.size;
  ++counts_.blocks_reallocated;
  CountLive(size, before.size, 0);
  Remember(event, {before.block, size, event.thread});
}

}  // namespace corepool::stress
