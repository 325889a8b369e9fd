// Random numbers that the same seed makes again, on any machine.

#ifndef COREPOOL_STRESS_RANDOM_H_
#define COREPOOL_STRESS_RANDOM_H_

#include <cstdint>

namespace corepool::stress {

// A word whose every bit depends on every bit of `word`.
// Source: Stafford's variant 13 of MurmurHash3's finaliser.
constexpr std::uint64_t Mix(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58'476d'1ce4'e5b9;
  word = (word ^ (word >> 27)) * 0x94d0'49bb'1331'11eb;
  return word ^ (word >> 31);
}

// One step takes a nanosecond. For one thread, or one signal handler.
// Source: Steele, Lea, Flood: SplitMix64.
class Random {
 public:
  // Of the streams of one seed, each has a number of its own.
  Random(std::uint64_t seed, std::uint64_t stream)
      : state_(Mix(seed ^ Mix(stream + kStep))) {}

  std::uint64_t operator()() { return Mix(state_ += kStep); }

  // At least 0 and below `bound`, which is at least 1 and far below 2^64.
  std::uint64_t Below(std::uint64_t bound) { return (*this)() % bound; }

  // Above 0 and at most 1.
  double Fraction() {
    constexpr double kSteps = 1ull << 53;
    return (static_cast<double>((*this)() >> 11) + 1) / kSteps;
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e37'79b9'7f4a'7c15;
  std::uint64_t state_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_RANDOM_H_
