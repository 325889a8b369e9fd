// Whether what several contexts saw of one object could have come from one after the
// other.

#ifndef COREPOOL_TESTS_SUPPORT_LINEARIZABILITY_H_
#define COREPOOL_TESTS_SUPPORT_LINEARIZABILITY_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_set>
#include <vector>

namespace corepool::testing {

// One call and what came of it.
struct Call {
  enum class Kind : std::uint8_t { kPut, kTake, kIsEmpty };

  Kind kind;
  bool succeeded = false;
  std::uint8_t value = 0;  // put, or taken if that succeeded
  std::uint32_t begun = 0;
  std::uint32_t ended = std::numeric_limits<std::uint32_t>::max();  // perhaps never
};

// Notes calls while they are made, of which others may be made in between, by whatever
// the thread's atomics do.
class CallRecorder {
 public:
  template <class Make>
  void Record(Call::Kind kind, std::uint8_t value, const Make& make) {
    const std::size_t number = calls_.size();
    calls_.push_back({.kind = kind, .value = value, .begun = ++clock_});
    const bool succeeded = make(value);
    calls_[number].succeeded = succeeded;
    calls_[number].value = value;
    calls_[number].ended = ++clock_;
  }
  const std::vector<Call>& calls() const { return calls_; }

 private:
  std::vector<Call> calls_;
  std::uint32_t clock_ = 0;
};

// A queue for `capacity` values. Full means that it has so many, whoever else is at
// work on it; empty that it has none.
class QueueModel {
 public:
  explicit QueueModel(std::size_t capacity) : capacity_(capacity) {}

  // What it has, in order.
  using State = std::string;

  // Whether the call could take effect now as it did.
  bool Apply(const Call& call, State& state) const {
    switch (call.kind) {
      case Call::Kind::kPut:
        if (call.succeeded != (state.size() < capacity_)) return false;
        if (call.succeeded) state.push_back(static_cast<char>(call.value));
        return true;
      case Call::Kind::kTake:
        if (call.succeeded == state.empty()) return false;
        if (!call.succeeded) return true;
        if (state[0] != static_cast<char>(call.value)) return false;
        state.erase(0, 1);
        return true;
      default: return call.succeeded == state.empty();
    }
  }

 private:
  std::size_t capacity_;
};

// A pool of blocks, which begins with all that are in the state: to put one is to free
// it, to take one to allocate it, whichever it is.
class PoolModel {
 public:
  using State = std::string;  // sorted

  bool Apply(const Call& call, State& state) const {
    const char block = static_cast<char>(call.value);
    const std::size_t at = state.find(block);
    switch (call.kind) {
      case Call::Kind::kPut:
        if (call.succeeded == (at != State::npos)) return false;
        if (call.succeeded) {
          state.insert(
              state.begin() + static_cast<std::ptrdiff_t>(CountBelow(state, block)),
              block);
        }
        return true;
      case Call::Kind::kTake:
        if (!call.succeeded) return state.empty();
        if (at == State::npos) return false;
        state.erase(at, 1);
        return true;
      default: return call.succeeded == state.empty();
    }
  }

 private:
  static std::size_t CountBelow(const State& state, char block) {
    std::size_t count = 0;
    for (const char other : state) count += other < block ? 1 : 0;
    return count;
  }
};

// Whether there is an order of the calls, in which each comes before all that began
// after it had ended, that the model allows. Calls that never ended may have taken
// effect or not. At most 64 calls.
//
// Source: Wing and Gong, "Testing and Verifying Concurrent Objects", 1993, with the
// memory of Lowe, "Testing for Linearizability", 2017.
template <class Model>
class LinearizabilityCheck {
 public:
  using State = typename Model::State;

  LinearizabilityCheck(const Model& model, const std::vector<Call>& calls)
      : model_(model), calls_(calls) {}

  bool Passes(const State& begin) {
    failed_.clear();
    const std::uint64_t all =
        calls_.empty() ? 0 : ~std::uint64_t{0} >> (64 - calls_.size());
    return Search(all, begin);
  }

 private:
  // `left` are calls to be put in order.
  bool Search(std::uint64_t left, const State& state) {
    // Only what is left and the state decide.
    if (!failed_.empty() && failed_.contains(Key(left, state))) return false;
    std::uint32_t first_end = std::numeric_limits<std::uint32_t>::max();
    bool all_endless = true;
    for (std::uint64_t rest = left; rest != 0; rest &= rest - 1) {
      const Call& call = calls_[static_cast<std::size_t>(std::countr_zero(rest))];
      if (call.ended < first_end) first_end = call.ended;
      if (call.ended != std::numeric_limits<std::uint32_t>::max()) all_endless = false;
    }
    if (all_endless) return true;
    for (std::uint64_t rest = left; rest != 0; rest &= rest - 1) {
      const auto number = static_cast<std::size_t>(std::countr_zero(rest));
      if (calls_[number].begun > first_end) continue;
      State next = state;
      if (!model_.Apply(calls_[number], next)) continue;
      if (Search(left & ~(std::uint64_t{1} << number), next)) return true;
    }
    failed_.insert(Key(left, state));
    return false;
  }

  static std::string Key(std::uint64_t left, const State& state) {
    return std::string(reinterpret_cast<const char*>(&left), sizeof(left)) + state;
  }

  const Model& model_;
  const std::vector<Call>& calls_;
  std::unordered_set<std::string> failed_;
};

template <class Model>
bool IsLinearizable(const Model& model, const std::vector<Call>& calls,
                    const typename Model::State& begin = {}) {
  return LinearizabilityCheck<Model>(model, calls).Passes(begin);
}

// The calls in the order of their beginnings, for people.
inline std::string Describe(const std::vector<Call>& calls) {
  std::string text;
  for (const Call& call : calls) {
    constexpr const char* kNames[] = {"put", "take", "is empty"};
    text += std::to_string(call.begun) + ".." + std::to_string(call.ended) + " " +
            kNames[static_cast<int>(call.kind)] + " " + std::to_string(call.value) +
            (call.succeeded ? ": yes\n" : ": no\n");
  }
  return text;
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_LINEARIZABILITY_H_
