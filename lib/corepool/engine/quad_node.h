// One node of a QuadTree: which of its slots are free, and what is being done to one of
// its children, in one machine word.

#ifndef COREPOOL_ENGINE_QUAD_NODE_H_
#define COREPOOL_ENGINE_QUAD_NODE_H_

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// {version, kind:5, child, free}, the free slots in the lowest bits. A slot is free or
// not; the one that is not may belong to a block or be open: split, and what is free
// of it is told by the child node of that slot.
//
//   kIdle     nothing is under way
//   kDormant  nobody's: the parent's slot is whole. No slot is free
//   kClosed   every slot is free, and about to become the parent's
//   kTaking   idle, but that the free slots of `child`, which is closed, are becoming
//             one slot of this node
//   kOpening  plus an order: idle, but that slot `child` is becoming a node, less a
//             block of that order at its beginning
//
// The version moves on with every change but those that only take or free slots, so
// that who finishes what others began cannot do it twice.
class QuadNode {
 public:
  using Word = lockfree::Word;

  static constexpr int kSlotBits = sizeof(Word) == 8 ? 4 : 2;
  static constexpr int kSlots = 1 << kSlotBits;
  static constexpr Word kAll = (Word{1} << kSlots) - 1;

  static constexpr int kKindBits = 5;
  enum Kind : int { kIdle, kDormant, kClosed, kTaking, kOpening };
  // Of a block that a slot is opened for.
  static constexpr int kMostOrder = (1 << kKindBits) - 1 - kOpening;

  static constexpr int kVersionShift = kSlots + kKindBits + kSlotBits;
  static constexpr int kVersionBits =
      static_cast<int>(sizeof(Word) * 8) - kVersionShift;

  static constexpr Word FreeOf(Word word) { return word & kAll; }
  static constexpr int KindOf(Word word) {
    return static_cast<int>(word >> kSlots) & ((1 << kKindBits) - 1);
  }
  static constexpr int ChildOf(Word word) {
    return static_cast<int>(word >> (kSlots + kKindBits)) & (kSlots - 1);
  }
  static constexpr Word VersionOf(Word word) { return word >> kVersionShift; }
  // Whether slots that are free here are anybody's to take.
  static constexpr bool IsOpen(Word word) {
    return KindOf(word) != kDormant && KindOf(word) != kClosed;
  }
  // What is under way, and with which child.
  static constexpr Word RecordOf(Word word) {
    return (word >> kSlots) & ((Word{1} << (kKindBits + kSlotBits)) - 1);
  }

  // What follows `word`.
  static constexpr Word Next(Word word, int kind, int child, Word free) {
    return (NextVersion(VersionOf(word)) << kVersionShift) |
           (static_cast<Word>(child) << (kSlots + kKindBits)) |
           (static_cast<Word>(kind) << kSlots) | free;
  }
  // The first word of a node.
  static constexpr Word First(bool is_root, Word free) {
    return (static_cast<Word>(is_root ? kIdle : kDormant) << kSlots) | free;
  }

  // The slots of one group: 2^bits of them, from slot 0 on.
  static constexpr Word GroupMask(int bits) { return (Word{1} << (1 << bits)) - 1; }
  // The first slot of each group of 2^bits slots that are all free.
  COREPOOL_INLINE static constexpr Word Groups(Word free, int bits) {
    for (int i = 0; i < bits; ++i) free &= free >> (1 << i);
    return free & kFirstSlots.of[bits];
  }
  // The same of those that no group of 2^next slots contains that is all free too.
  COREPOOL_INLINE static constexpr Word LoneGroups(Word free, int bits, int next) {
    return Groups(free, bits) & ~(Groups(free, next) * GroupMask(next));
  }

 private:
  // Of the groups of each size.
  struct FirstSlots {
    Word of[kSlotBits + 1];
  };
  static constexpr FirstSlots kFirstSlots = [] {
    FirstSlots slots{};
    for (int bits = 0; bits <= kSlotBits; ++bits) {
      for (int slot = 0; slot < kSlots; slot += 1 << bits) {
        slots.of[bits] |= Word{1} << slot;
      }
    }
    return slots;
  }();

  static constexpr Word NextVersion(Word version) {
    if constexpr (COREPOOL_SABOTAGE_TAG_BITS > 0) {
      return (version + 1) & ((Word{1} << COREPOOL_SABOTAGE_TAG_BITS) - 1);
    }
    return version + 1;
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_QUAD_NODE_H_
