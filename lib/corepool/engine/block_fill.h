// Checking::kFull: patterns that show who wrote where he should not.

#ifndef COREPOOL_ENGINE_BLOCK_FILL_H_
#define COREPOOL_ENGINE_BLOCK_FILL_H_

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"

namespace corepool::engine {

// What kFull keeps behind each block's user bytes, at least.
inline constexpr std::size_t kGuardBytes = 16;

// What was found where something else should have been. The words hold eight bytes as
// they lie in memory: the first of them is the most significant.
struct Damage {
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  std::size_t offset = kNowhere;  // of the first damaged byte, from the block's start
  std::uint64_t found = 0;
  std::uint64_t expected = 0;
};

// A free block's bytes, from `from` on (a cookie keeps the first few), hold a
// pattern. The bytes behind it, up to the next block `stride` bytes from its start,
// hold a guard: the first and the last kGuardBytes of them, which may be the same. All
// calls are for the block's owner, and O(size).
class BlockFill {
 public:
  constexpr BlockFill(void* block, std::size_t from, std::size_t size,
                      std::size_t stride)
      : bytes_(static_cast<unsigned char*>(block)),
        from_(from),
        size_(size),
        stride_(stride) {}

  // In large pieces, and without a loop where blocks are small.
  COREPOOL_INLINE void Fill() const {
    const Word word = Repeat(kFreed);
    const Pair pair = {word, word};
    unsigned char* at = bytes_ + from_;
    std::size_t left = size_ - from_;
    if (left < sizeof(Word)) [[unlikely]] {
      // Compilers would call memset for a loop, and keep a frame for that.
      if ((left & 4) != 0) Store(at, static_cast<std::uint32_t>(word));
      at += left & 4;
      if ((left & 2) != 0) Store(at, static_cast<std::uint16_t>(word));
      at += left & 2;
      if ((left & 1) != 0) *at = kFreed;
      return;
    }
    for (; left >= 4 * sizeof(Pair); left -= 4 * sizeof(Pair), at += 4 * sizeof(Pair)) {
      Store(at, pair);
      Store(at + sizeof(Pair), pair);
      Store(at + 2 * sizeof(Pair), pair);
      Store(at + 3 * sizeof(Pair), pair);
    }
    if ((left & 2 * sizeof(Pair)) != 0) {
      Store(at, pair);
      Store(at + sizeof(Pair), pair);
      at += 2 * sizeof(Pair);
    }
    if ((left & sizeof(Pair)) != 0) {
      Store(at, pair);
      at += sizeof(Pair);
    }
    if ((left & sizeof(Word)) != 0) {
      Store(at, word);
      at += sizeof(Word);
    }
    // The last few bytes with those before them.
    left %= sizeof(Word);
    if (left != 0) Store(at + left - sizeof(Word), word);
  }

  COREPOOL_INLINE bool IsFilled() const {
    Pair differences = {};
    ComparePattern(differences);
    return IsZero(differences);
  }
  COREPOOL_INLINE void SetGuard() const {
    const Pair guard = {Repeat(kGuard), Repeat(kGuard)};
    Store(bytes_ + size_, guard);
    Store(bytes_ + stride_ - kGuardBytes, guard);
  }
  COREPOOL_INLINE bool IsGuardIntact() const {
    Pair differences = {};
    CompareGuard(differences);
    return IsZero(differences);
  }
  // Both.
  COREPOOL_INLINE bool IsIntact() const {
    Pair differences = {};
    ComparePattern(differences);
    CompareGuard(differences);
    return IsZero(differences);
  }

  // Where the pattern (the guard) is broken; kNowhere if it is not.
  Damage FindInPattern() const { return Find(from_, size_, kFreed); }
  Damage FindInGuard() const {
    const Damage damage = Find(size_, size_ + kGuardBytes, kGuard);
    return damage.offset != Damage::kNowhere
               ? damage
               : Find(stride_ - kGuardBytes, stride_, kGuard);
  }

  // Eight bytes of memory as Damage has them.
  static std::uint64_t BytesAt(const unsigned char* bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof(word); ++i) word = word << 8 | bytes[i];
    return word;
  }

 private:
  static constexpr unsigned char kFreed = 0xdf;
  static constexpr unsigned char kGuard = 0xfd;

  // Two words at once, where the CPU has such registers. Passed by reference only: how
  // else depends on the CPU's options.
  using Word = std::uint64_t;
  using Pair [[gnu::vector_size(16)]] = Word;
  static_assert(sizeof(Pair) == kGuardBytes);

  static constexpr Word Repeat(unsigned char byte) {
    return Word{0x0101010101010101} * byte;
  }

  // For pieces that the compiler knows, at any address.
  template <class Piece>
  COREPOOL_INLINE static void Store(unsigned char* at, const Piece& piece) {
    __builtin_memcpy(at, &piece, sizeof(piece));
  }
  COREPOOL_INLINE static void Compare(Pair& differences, const unsigned char* at,
                                      const Pair& expected) {
    Pair found;
    __builtin_memcpy(&found, at, sizeof(found));
    differences |= found ^ expected;
  }
  COREPOOL_INLINE static void Compare(Pair& differences, const unsigned char* at,
                                      Word expected) {
    Word found;
    __builtin_memcpy(&found, at, sizeof(found));
    differences |= Pair{found ^ expected, 0};
  }
  COREPOOL_INLINE static bool IsZero(const Pair& pair) {
    return (pair[0] | pair[1]) == 0;
  }

  // The bits in which bytes differ from what they should be, on top of each other. In
  // the steps of Fill, so that what was just written comes back from the CPU's store
  // buffer piece by piece.
  COREPOOL_INLINE void ComparePattern(Pair& differences) const {
    const Word word = Repeat(kFreed);
    const Pair pair = {word, word};
    const unsigned char* at = bytes_ + from_;
    std::size_t left = size_ - from_;
    if (left < sizeof(Word)) [[unlikely]] {
      while (left-- > 0) differences[0] |= static_cast<Word>(*at++ ^ kFreed);
      return;
    }
    for (; left >= 4 * sizeof(Pair); left -= 4 * sizeof(Pair), at += 4 * sizeof(Pair)) {
      Compare(differences, at, pair);
      Compare(differences, at + sizeof(Pair), pair);
      Compare(differences, at + 2 * sizeof(Pair), pair);
      Compare(differences, at + 3 * sizeof(Pair), pair);
    }
    if ((left & 2 * sizeof(Pair)) != 0) {
      Compare(differences, at, pair);
      Compare(differences, at + sizeof(Pair), pair);
      at += 2 * sizeof(Pair);
    }
    if ((left & sizeof(Pair)) != 0) {
      Compare(differences, at, pair);
      at += sizeof(Pair);
    }
    if ((left & sizeof(Word)) != 0) {
      Compare(differences, at, word);
      at += sizeof(Word);
    }
    left %= sizeof(Word);
    if (left != 0) Compare(differences, at + left - sizeof(Word), word);
  }
  COREPOOL_INLINE void CompareGuard(Pair& differences) const {
    const Pair guard = {Repeat(kGuard), Repeat(kGuard)};
    Compare(differences, bytes_ + size_, guard);
    Compare(differences, bytes_ + stride_ - kGuardBytes, guard);
  }

  // The words' bytes do not go beyond the guard, which is a word at least.
  Damage Find(std::size_t begin, std::size_t end, unsigned char byte) const {
    for (std::size_t i = begin; i < end; ++i) {
      if (bytes_[i] == byte) continue;
      const std::size_t last = stride_ - sizeof(std::uint64_t);
      return {i, BytesAt(bytes_ + (i < last ? i : last)), Repeat(byte)};
    }
    return {};
  }

  unsigned char* bytes_;
  std::size_t from_;
  std::size_t size_;
  std::size_t stride_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_FILL_H_
