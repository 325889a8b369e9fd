#include "stress/block_ledger.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "stress/actor.h"
#include "stress/random.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

constexpr std::memory_order kRelaxed = std::memory_order_relaxed;
constexpr std::uint64_t kStep = 0x9e37'79b9'7f4a'7c15;
constexpr std::size_t kWord = sizeof(std::uint64_t);

constexpr const char* kNames[] = {
    "handed out something that is no block",
    "blocks handed out twice",
    "blocks that changed while somebody had them",
    "blocks not taken back",
    "exhausted although a block was free",
    "misuse reported where there was none",
    "blocks lost",
    "audits that failed",
    "statistics that were wrong",
};
static_assert(std::size(kNames) == static_cast<std::size_t>(Fault::kCount));

}  // namespace

BlockLedger::BlockLedger(std::size_t blocks, std::size_t block_size, std::uint64_t seed,
                         RunControl& control)
    : blocks_(blocks),
      block_size_(block_size),
      seed_(seed),
      control_(control),
      stamps_(blocks),
      taken_at_(blocks) {}

bool BlockLedger::Take(Actor& actor, std::size_t index, void* block, std::int64_t at) {
  if (index >= blocks_) [[unlikely]] {
    Found(Fault::kOutside, index, &actor, reinterpret_cast<std::uintptr_t>(block));
    return false;
  }
  ++actor.allocations;
  const Stamp stamp = (static_cast<Stamp>(actor.number + 1) << kOwnerShift) |
                      (actor.allocations & ((Stamp{1} << kOwnerShift) - 1));
  const Stamp before = stamps_[index].exchange(stamp, kRelaxed);
  if (before != 0) [[unlikely]] {
    Found(Fault::kDoubled, index, &actor, static_cast<std::uint64_t>(OwnerOf(before)));
    return false;
  }
  taken_at_[index].store(at, kRelaxed);
  Fill(block, index, stamp);
  return true;
}

bool BlockLedger::Give(Actor& actor, std::size_t index, const void* block) {
  if (index >= blocks_) [[unlikely]] {
    Found(Fault::kOutside, index, &actor, reinterpret_cast<std::uintptr_t>(block));
    return false;
  }
  const Stamp stamp = stamps_[index].load(kRelaxed);
  if (stamp == 0) [[unlikely]] {
    Found(Fault::kDoubled, index, &actor, static_cast<std::uint64_t>(-1));
    return false;
  }
  const std::size_t damage = FirstDamage(block, index, stamp);
  if (damage != block_size_) [[unlikely]]
    Found(Fault::kDamaged, index, &actor, damage);
  stamps_[index].store(0, kRelaxed);
  ++actor.frees;
  return true;
}

void BlockLedger::Found(Fault fault, std::size_t index, const Actor* actor,
                        std::uint64_t detail) {
  First& first = first_[static_cast<std::size_t>(fault)];
  if (first.count.fetch_add(1, kRelaxed) == 0) {
    first.index = index;
    first.actor = actor == nullptr ? -1 : actor->number;
    first.detail = detail;
  }
  faults_.fetch_add(1, kRelaxed);
  control_.Stop();
}

void BlockLedger::Found(Fault fault, const std::string& detail) {
  First& first = first_[static_cast<std::size_t>(fault)];
  if (first.count.fetch_add(1, kRelaxed) == 0) first.text = detail;
  faults_.fetch_add(1, kRelaxed);
  control_.Stop();
}

void BlockLedger::OnMisuse(const MisuseReport& report) {
  auto& ledger = *static_cast<BlockLedger*>(report.context);
  ledger.Found(Fault::kMisuse, report.index, nullptr,
               static_cast<std::uint64_t>(report.kind));
}

std::size_t BlockLedger::owned() const {
  return static_cast<std::size_t>(std::count_if(
      stamps_.begin(), stamps_.end(),
      [](const std::atomic<Stamp>& stamp) { return stamp.load(kRelaxed) != 0; }));
}

std::uint64_t BlockLedger::PatternOf(std::size_t index, Stamp stamp) const {
  return Mix(seed_ ^ stamp ^ (std::uint64_t{index} << 20));
}

void BlockLedger::Fill(void* block, std::size_t index, Stamp stamp) const {
  auto* const bytes = static_cast<unsigned char*>(block);
  std::uint64_t word = PatternOf(index, stamp);
  std::size_t at = 0;
  for (; at + kWord <= block_size_; at += kWord, word += kStep) {
    std::memcpy(bytes + at, &word, kWord);
  }
  std::memcpy(bytes + at, &word, block_size_ - at);
}

std::size_t BlockLedger::FirstDamage(const void* block, std::size_t index,
                                     Stamp stamp) const {
  const auto* const bytes = static_cast<const unsigned char*>(block);
  std::uint64_t word = PatternOf(index, stamp);
  std::size_t at = 0;
  for (; at + kWord <= block_size_; at += kWord, word += kStep) {
    std::uint64_t found = 0;
    std::memcpy(&found, bytes + at, kWord);
    if (found != word) return at;
  }
  return std::memcmp(bytes + at, &word, block_size_ - at) == 0 ? block_size_ : at;
}

std::string BlockLedger::Describe(Fault fault) const {
  const First& first = first_[static_cast<std::size_t>(fault)];
  if (!first.text.empty()) return first.text;
  const std::string where =
      absl::StrFormat("block %d, thread %d", first.index, first.actor);
  switch (fault) {
    case Fault::kOutside:
      return absl::StrFormat("%#x, thread %d", first.detail, first.actor);
    case Fault::kDoubled:
      return first.detail == static_cast<std::uint64_t>(-1)
                 ? absl::StrCat(where, " had it, then nobody")
                 : absl::StrCat(where, "; thread ", first.detail, " had it");
    case Fault::kDamaged:
      return absl::StrCat(where, ", from byte ", first.detail - first.detail % kWord,
                          " on");
    case Fault::kRefused:
    case Fault::kMisuse:
      return absl::StrCat(where, ": ", ErrorName(static_cast<Error>(first.detail)));
    default: return first.actor < 0 ? "" : absl::StrCat("thread ", first.actor);
  }
}

void BlockLedger::AddTo(ScenarioRecord& record, std::int64_t began) const {
  for (std::size_t i = 0; i < first_.size(); ++i) {
    const std::uint64_t count = first_[i].count.load(kRelaxed);
    record.checks.push_back({Check::Kind::kCorrectness, kNames[i], count,
                             count == 0 ? "" : Describe(static_cast<Fault>(i))});
  }
  constexpr std::size_t kMostLines = 20;
  std::uint64_t leaks = 0;
  for (std::size_t i = 0; i < blocks_; ++i) {
    const Stamp stamp = stamps_[i].load(kRelaxed);
    if (stamp == 0) continue;
    if (++leaks > kMostLines) continue;
    record.leaks.push_back(absl::StrFormat(
        "block %d, %d bytes, thread %d, %.6f s after the start", i, block_size_,
        OwnerOf(stamp),
        static_cast<double>(taken_at_[i].load(kRelaxed) - began) / 1e9));
  }
  record.checks.push_back({Check::Kind::kLeak, "blocks not given back", leaks,
                           leaks == 0 ? "" : record.leaks.front()});
}

}  // namespace corepool::stress
