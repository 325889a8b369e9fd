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

  COREPOOL_INLINE void Fill() const { Set(from_, size_, kFreed); }
  COREPOOL_INLINE bool IsFilled() const {
    return IsZero(Differences(from_, size_, kFreed));
  }
  COREPOOL_INLINE void SetGuard() const {
    StorePair(bytes_ + size_, Both(kGuard));
    StorePair(bytes_ + stride_ - kGuardBytes, Both(kGuard));
  }
  COREPOOL_INLINE bool IsGuardIntact() const { return IsZero(GuardDifferences()); }
  // Both.
  COREPOOL_INLINE bool IsIntact() const {
    return IsZero(Differences(from_, size_, kFreed) | GuardDifferences());
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

  // Two words at once, where the CPU has such registers.
  using Word = std::uint64_t;
  using Pair [[gnu::vector_size(16)]] = Word;

  static constexpr Word Repeat(unsigned char byte) {
    return Word{0x0101010101010101} * byte;
  }

  COREPOOL_INLINE static Pair Both(unsigned char byte) {
    return Pair{Repeat(byte), Repeat(byte)};
  }
  static_assert(sizeof(Pair) == kGuardBytes);

  COREPOOL_INLINE Pair GuardDifferences() const {
    return (LoadPair(bytes_ + size_) ^ Both(kGuard)) |
           (LoadPair(bytes_ + stride_ - kGuardBytes) ^ Both(kGuard));
  }

  // In large pieces, at any address, and without a loop where blocks are small. Both
  // take the same steps, so that what was just written comes back from the CPU's store
  // buffer piece by piece.
  COREPOOL_INLINE void Set(std::size_t begin, std::size_t end,
                           unsigned char byte) const {
    const Word word = Repeat(byte);
    const Pair pair = Both(byte);
    unsigned char* at = bytes_ + begin;
    std::size_t left = end - begin;
    if (left < sizeof(Word)) [[unlikely]] {
      while (left-- > 0) *at++ = byte;
      return;
    }
    for (; left >= 4 * sizeof(Pair); left -= 4 * sizeof(Pair)) {
      at = StoreTwo(StoreTwo(at, pair), pair);
    }
    if ((left & 2 * sizeof(Pair)) != 0) at = StoreTwo(at, pair);
    if ((left & sizeof(Pair)) != 0) {
      StorePair(at, pair);
      at += sizeof(Pair);
    }
    if ((left & sizeof(Word)) != 0) {
      __builtin_memcpy(at, &word, sizeof(Word));
      at += sizeof(Word);
    }
    // The last few bytes with those before them.
    left %= sizeof(Word);
    if (left != 0) __builtin_memcpy(at + left - sizeof(Word), &word, sizeof(Word));
  }
  COREPOOL_INLINE static void StorePair(unsigned char* at, Pair pair) {
    __builtin_memcpy(at, &pair, sizeof(Pair));
  }
  COREPOOL_INLINE static unsigned char* StoreTwo(unsigned char* at, Pair pair) {
    StorePair(at, pair);
    StorePair(at + sizeof(Pair), pair);
    return at + 2 * sizeof(Pair);
  }

  // The bits in which they differ, all on top of each other; 0 in all lanes if none.
  COREPOOL_INLINE Pair Differences(std::size_t begin, std::size_t end,
                                   unsigned char byte) const {
    const Word word = Repeat(byte);
    const Pair pair = Both(byte);
    const unsigned char* at = bytes_ + begin;
    std::size_t left = end - begin;
    Pair rests = {};
    if (left < sizeof(Word)) [[unlikely]] {
      while (left-- > 0) rests[0] |= static_cast<Word>(*at++ ^ byte);
      return rests;
    }
    for (; left >= 4 * sizeof(Pair); left -= 4 * sizeof(Pair)) {
      rests |= (LoadPair(at) ^ pair) | (LoadPair(at + 16) ^ pair);
      rests |= (LoadPair(at + 32) ^ pair) | (LoadPair(at + 48) ^ pair);
      at += 4 * sizeof(Pair);
    }
    if ((left & 2 * sizeof(Pair)) != 0) {
      rests |= (LoadPair(at) ^ pair) | (LoadPair(at + 16) ^ pair);
      at += 2 * sizeof(Pair);
    }
    if ((left & sizeof(Pair)) != 0) {
      rests |= LoadPair(at) ^ pair;
      at += sizeof(Pair);
    }
    if ((left & sizeof(Word)) != 0) {
      rests |= Pair{LoadWord(at) ^ word, 0};
      at += sizeof(Word);
    }
    left %= sizeof(Word);
    if (left != 0) rests |= Pair{LoadWord(at + left - sizeof(Word)) ^ word, 0};
    return rests;
  }
  COREPOOL_INLINE static Pair LoadPair(const unsigned char* at) {
    Pair pair;
    __builtin_memcpy(&pair, at, sizeof(Pair));
    return pair;
  }
  COREPOOL_INLINE static Word LoadWord(const unsigned char* at) {
    Word word;
    __builtin_memcpy(&word, at, sizeof(Word));
    return word;
  }
  COREPOOL_INLINE static bool IsZero(Pair pair) { return (pair[0] | pair[1]) == 0; }

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
