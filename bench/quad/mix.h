// What is asked of an allocator for blocks of many sizes.

#ifndef COREPOOL_BENCH_QUAD_MIX_H_
#define COREPOOL_BENCH_QUAD_MIX_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace corepool::bench {

// Pools are of 64 blocks of 16384 bytes, which split down to 64: a mebibyte.
inline constexpr std::size_t kQuadMin = 64;
inline constexpr std::size_t kQuadMax = 16384;
inline constexpr int kQuadLevels = 5;
inline constexpr std::size_t kQuadCount = 64;
inline constexpr std::size_t kQuadLeaves = kQuadCount * (kQuadMax / kQuadMin);

// Each size twice as rare as the next smaller one, so that blocks have 1024 bytes on
// average; requests are for what only blocks of that size satisfy.
struct Mix {
  const char* name;
  const char* title;
  std::size_t slots;      // that hold a block each, or none if there was none to be had
  std::size_t obstacles;  // one of so many smallest blocks is never freed; 0: none
};

inline constexpr Mix kMixes[] = {
    {"half", "half of the pool in use", kQuadCount* kQuadMax / 1024 / 2, 0},
    {"nearly_full", "more asked for than there is", kQuadCount* kQuadMax / 1024, 0},
    {"fragmented", "one of 64 smallest blocks is never freed, a quarter in use",
     kQuadCount* kQuadMax / 1024 / 4, 64},
};

// Which slot gets a block of which size next. Drawn beforehand, as drawing costs more
// than allocating; the same for all contestants.
class QuadDraws {
 public:
  struct Draw {
    std::uint16_t slot;
    std::uint16_t size;
  };

  QuadDraws(unsigned seed, std::size_t slots) : draws_(8192) {
    std::mt19937 random(seed);
    std::discrete_distribution<int> level({16, 8, 4, 2, 1});
    for (Draw& draw : draws_) {
      const std::size_t block = kQuadMin << (2 * level(random));
      const std::size_t too_small = block == kQuadMin ? 0 : block / 4;
      draw.slot = static_cast<std::uint16_t>(random() % slots);
      draw.size =
          static_cast<std::uint16_t>(too_small + 1 + random() % (block - too_small));
    }
  }

  const Draw& Next() { return draws_[next_++ % draws_.size()]; }

 private:
  std::vector<Draw> draws_;
  std::size_t next_ = 0;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_QUAD_MIX_H_
