// What a pool is asked to be.

#ifndef COREPOOL_OPTIONS_H_
#define COREPOOL_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/misuse.h"

namespace corepool {

// How much misuse is looked for. Every level but kOff catches double frees,
// foreign, interior and misaligned pointers in O(1).
enum class Checking : std::uint8_t {
  kOff,     // nothing is known of a block's state; bad pointers are still refused
  kBasic,   // the default: all of the above, and writes to the start of free blocks
  kStrict,  // as kBasic, and exact even where caches make racing double frees hard
            // to tell; without caches kBasic is exact already, and this the same
  kFull,    // as kStrict, and O(block size): with State::kCookie free blocks are
            // filled with a pattern that allocating verifies; a guard word behind
            // each block, written when it is allocated, finds overruns when it is
            // freed. For tests and debugging
};

// How free blocks are kept close to the cores that use them.
enum class Caching : std::uint8_t {
  kAutomatic,  // the best that this build, machine and pool size allow
  kRseq,       // per-core magazines, committed by restartable sequences; this
               // version refuses it as kUnsupported
  kCas,        // per-core magazines, committed by compare-and-swap; likewise
  kNone,       // one shared free list
};

// Where it is noted that a block is free. An array beside the blocks tells it exactly,
// always; the question is whether the block itself is marked too.
enum class State : std::uint8_t {
  kAutomatic,  // kCookie where blocks can hold one, else kSide
  kCookie,     // in the first word of the free block too: finds writes after free.
               // Becomes kSide for blocks smaller or less aligned than a word, and
               // where checking is kOff
  kSide,       // beside the blocks only: free blocks are never touched, as DMA
               // targets, non-cacheable and powered-down memory need it
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
  const char* name = "";                   // for reports; must outlive the pool
  MisuseHandler misuse_handler = nullptr;  // nullptr: see SetMisuseHandler
  void* misuse_context = nullptr;          // handed to the misuse handler
};

}  // namespace corepool

#endif  // COREPOOL_OPTIONS_H_
