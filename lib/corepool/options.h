// What a pool is asked to be.

#ifndef COREPOOL_OPTIONS_H_
#define COREPOOL_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/hooks.h"
#include "corepool/misuse.h"

namespace corepool {

class Waiters;

// How much misuse is looked for. Every level but kOff catches double frees,
// foreign, interior and misaligned pointers in O(1).
enum class Checking : std::uint8_t {
  kOff,     // nothing is known of a block's state; bad pointers are still refused
  kBasic,   // the default: all of the above, and writes to the start of free blocks
  kStrict,  // as kBasic, and exact with caches too. With kRseq, the others let two
            // kinds of double frees pass at first: of contexts that free one block at
            // the same instant, and of a block that was written to after the first
            // free. They report them when the block comes up for the second time, as
            // kWriteAfterFree, and withhold it (PoolStats::withheld). Without kRseq
            // all levels are exact
  kFull,    // as kBasic, and O(block size): behind each block is a guard of 16 bytes or
            // more, of which the first and the last 16 are verified when the block is
            // freed; unless kSide is asked for, free blocks are filled with a pattern,
            // and allocating verifies that, and the guard once more; a word beside each
            // block says who has it (SetOwner). For tests and debugging; costs up to
            // three times as much as kBasic
};

// How free blocks are kept close to the cores that use them. Blocks that rest in one
// core's cache are found by all others: caches never make a pool look exhausted.
enum class Caching : std::uint8_t {
  kAutomatic,  // kRseq where it works, else kCas where there are several cores; kNone
               // for pools of fewer than 16 blocks a core
  kRseq,       // per-core magazines, committed by restartable sequences: x86-64 Linux
               // with glibc 2.35 and membarrier(2) (Linux 5.10)
  kCas,        // per-core magazines, committed by compare-and-swap
  kNone,       // one shared free list
};

// Where it is noted that a block is free: in the block itself, beside the blocks, or
// both. Beside the blocks it is noted exactly, but cores that hand blocks to each other
// then write to each other's cache lines.
enum class State : std::uint8_t {
  kAutomatic,  // kCookie where blocks can hold one, else kSide
  kCookie,     // in the first word of the free block: finds writes after free. Unless
               // kRseq comes with kBasic or kFull, beside the blocks too. Becomes kSide
               // for blocks smaller or less aligned than a word, and where checking is
               // kOff
  kSide,       // beside the blocks only: free blocks are never touched, as DMA
               // targets, non-cacheable and powered-down memory need it
};

// What Deinit and Clear do about blocks that are still allocated: leaks, unless
// somebody is going to free them.
enum class Leaks : std::uint8_t {
  kRefuse,  // refuse, with kBlocksInUse: nothing changes
  kReport,  // report each to the misuse handler as kLeak, and go on
  kAbort,   // report each, and halt as misuse does that no handler takes care of
  kIgnore,  // go on
};

// The default alignment of blocks, as of malloc.
inline constexpr std::size_t kDefaultAlignment = alignof(std::max_align_t);

struct PoolOptions {
  std::size_t block_size = 0;   // bytes that a block's user may write; at least 1
  std::size_t block_count = 0;  // 0 makes a pool that is always exhausted
  std::size_t alignment = kDefaultAlignment;  // of every block; a power of two
  Checking checking = Checking::kBasic;
  Caching caching = Caching::kAutomatic;
  State state = State::kAutomatic;
  std::size_t cores = 0;  // that get caches: those with lower numbers; the others do
                          // without. 0: as many as the machine has, at most 64
  const char* name = "";  // for reports; must outlive the pool
  MisuseHandler misuse_handler = nullptr;  // nullptr: see SetMisuseHandler
  void* misuse_context = nullptr;          // handed to the misuse handler
  const PoolHooks* hooks = nullptr;  // must outlive the pool; read by Init, and its
                                     // functions and context by the pool. nullptr:
                                     // none
  // kFull only: so many freed blocks are kept from being used again, those freed last;
  // more than block_count counts as block_count. They are counted as used. None of them
  // makes an allocation fail: before it does, it takes one, the oldest first. Costs a
  // word of bookkeeping a block.
  std::size_t quarantine = 0;
  Waiters* waiters = nullptr;  // who may wait for blocks (wait.h); must outlive the
                               // pool. nullptr: nobody
};

}  // namespace corepool

#endif  // COREPOOL_OPTIONS_H_
