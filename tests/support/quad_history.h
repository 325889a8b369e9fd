// Whether what several contexts saw of a QuadPool can be explained.

#ifndef COREPOOL_TESTS_SUPPORT_QUAD_HISTORY_H_
#define COREPOOL_TESTS_SUPPORT_QUAD_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/support/quad_model.h"

namespace corepool::testing {

// An operation as its caller saw it: it took effect at one instant between `begin` and
// `end`, if it is true that it is atomic.
struct QuadEvent {
  enum class Kind { kAllocated, kExhausted, kFreed };

  Kind kind;
  int level;         // asked for
  std::size_t leaf;  // got or given, unless exhausted
  std::uint64_t begin;
  std::uint64_t end;
};

// Finds an order of the events that agrees with their times and in which each is legal:
// a block is allocated where all is free, freed where it is allocated, and "exhausted"
// is said only if no free block of that level can be put together. After Wing and Gong
// (1993), with Lowe's memory of what has been tried: here, which events have happened
// says all about the state. At most 63 events.
class QuadHistoryChecker {
 public:
  // `model` is what was allocated before.
  static bool IsLinearizable(const QuadModel& model,
                             const std::vector<QuadEvent>& events) {
    QuadHistoryChecker checker(model, events);
    return checker.CanGoOn(0);
  }

  static std::string Described(const std::vector<QuadEvent>& events) {
    std::ostringstream text;
    for (const QuadEvent& event : events) {
      constexpr const char* kNames[] = {"allocated", "exhausted", "freed"};
      text << "[" << event.begin << ", " << event.end << "] "
           << kNames[static_cast<int>(event.kind)] << " level " << event.level;
      if (event.kind != QuadEvent::Kind::kExhausted) text << " at " << event.leaf;
      text << "\n";
    }
    return text.str();
  }

 private:
  QuadHistoryChecker(const QuadModel& model, const std::vector<QuadEvent>& events)
      : model_(model), events_(events) {}

  // `happened`: a bit for each event.
  bool CanGoOn(std::uint64_t happened) {
    if (happened + 1 == std::uint64_t{1} << events_.size()) return true;
    if (!tried_.insert(happened).second) return false;
    // What has not happened yet cannot come after the end of another such.
    std::uint64_t first_end = ~std::uint64_t{0};
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (!Has(happened, i) && events_[i].end < first_end) first_end = events_[i].end;
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (Has(happened, i) || events_[i].begin > first_end) continue;
      const QuadEvent& event = events_[i];
      if (!Do(event)) continue;
      if (CanGoOn(happened | std::uint64_t{1} << i)) return true;
      Undo(event);
    }
    return false;
  }

  static bool Has(std::uint64_t happened, std::size_t i) {
    return (happened >> i & 1) != 0;
  }
  bool Do(const QuadEvent& event) {
    switch (event.kind) {
      case QuadEvent::Kind::kAllocated: return model_.Take(event.leaf, event.level);
      case QuadEvent::Kind::kExhausted: return model_.FreeAt(event.level) == 0;
      case QuadEvent::Kind::kFreed:
        if (model_.LevelAt(event.leaf) != event.level) return false;
        model_.Give(event.leaf);
        return true;
    }
    return false;
  }
  void Undo(const QuadEvent& event) {
    if (event.kind == QuadEvent::Kind::kAllocated) model_.Give(event.leaf);
    if (event.kind == QuadEvent::Kind::kFreed) model_.Take(event.leaf, event.level);
  }

  QuadModel model_;
  const std::vector<QuadEvent>& events_;
  std::unordered_set<std::uint64_t> tried_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_QUAD_HISTORY_H_
