// Build-time settings: every macro of corepool, with its default and meaning.
// No other header defines or tests a macro, except port/ for CPU and OS.

#ifndef COREPOOL_CONFIG_H_
#define COREPOOL_CONFIG_H_

// Semantic version. The C++ API may change between minor versions before 1.0.
#define COREPOOL_VERSION "0.1.0"

// Hot paths are inlined into the caller even where the compiler would not:
// out of line they cost about as much again as the work they do.
#define COREPOOL_INLINE [[gnu::always_inline]] inline

// Keeps a cold path, and the registers it wants, out of its hot caller.
#define COREPOOL_COLD [[gnu::cold, gnu::noinline]]

// The header that defines corepool::lockfree::Atomic<T>. A model checker or a
// deterministic scheduler puts its own here: the lock-free sources are then
// compiled against its atomics, unchanged.
#ifndef COREPOOL_ATOMIC_HEADER
#define COREPOOL_ATOMIC_HEADER "corepool/lockfree/std_atomic.h"
#endif

// The header that defines corepool::port::Cores: which core runs the caller. Firmware
// with several cores and no operating system puts its own here, and so do tests that
// need more cores than there are.
#ifndef COREPOOL_CORES_HEADER
#define COREPOOL_CORES_HEADER "corepool/port/native_cores.h"
#endif

// 0 leaves out what statistics alone need: PoolStats then has no peak but the blocks
// used, and counts no calls. What pools hold is known all the same.
#ifndef COREPOOL_STATISTICS
#define COREPOOL_STATISTICS 1
#endif

// Whether pools with Checking::kFull tell memory checkers which bytes nobody may touch
// now: 0 never, 1 those that this build knows: AddressSanitizer if it is built with it,
// else Valgrind if its headers were there.
#ifndef COREPOOL_ANNOTATE
#define COREPOOL_ANNOTATE 1
#endif

// 1 tells tracers (bpftrace, SystemTap, perf) of every block allocated, freed or stolen
// and of every request that found none; see docs/tracing.md. 0 costs nothing.
#ifndef COREPOOL_TRACE
#define COREPOOL_TRACE 0
#endif

// Tests only: cuts every tag to this many bits, so that ABA happens and the
// torture test must notice. 0 means the full tag.
#ifndef COREPOOL_SABOTAGE_TAG_BITS
#define COREPOOL_SABOTAGE_TAG_BITS 0
#endif

// Tests only: takes a single look at all magazines for the proof that none has a
// block, and the token test must notice.
#ifndef COREPOOL_SABOTAGE_COLLECT
#define COREPOOL_SABOTAGE_COLLECT 0
#endif

// Tests only: 1 leaves out the wait for readers of the registry, 2 the readers' second
// look at the period, and the registry's test must notice.
#ifndef COREPOOL_SABOTAGE_GRACE
#define COREPOOL_SABOTAGE_GRACE 0
#endif

// Tests only: of waiting for blocks, 1 leaves out the second look that a waiter takes,
// 2 what was handed over at the last moment, 3 the further look after something was put
// back; and the waiters' test must notice.
#ifndef COREPOOL_SABOTAGE_WAIT
#define COREPOOL_SABOTAGE_WAIT 0
#endif

// Tests only, and only for what runs long: each is a way in which a pool may be wrong,
// and corepool-stress must notice (stress/sabotage.h).

// A push that has to try again leaves the link as its first attempt set it.
#ifndef COREPOOL_SABOTAGE_LINK
#define COREPOOL_SABOTAGE_LINK 0
#endif

// One pop in a few thousand leaves what it hands out where it was; of a QuadPool, each
// of a certain slot.
#ifndef COREPOOL_SABOTAGE_DOUBLE
#define COREPOOL_SABOTAGE_DOUBLE 0
#endif

// Counters are written from what was read before, as if nobody else counted.
#ifndef COREPOOL_SABOTAGE_STATISTICS
#define COREPOOL_SABOTAGE_STATISTICS 0
#endif

// Fences that one side does for both sides do nothing.
#ifndef COREPOOL_SABOTAGE_FENCE
#define COREPOOL_SABOTAGE_FENCE 0
#endif

// Nobody finishes what another context has begun.
#ifndef COREPOOL_SABOTAGE_HELP
#define COREPOOL_SABOTAGE_HELP 0
#endif

// Blocks are lent by whoever has seen that one more may be, at the same time or not.
#ifndef COREPOOL_SABOTAGE_LOANS
#define COREPOOL_SABOTAGE_LOANS 0
#endif

#endif  // COREPOOL_CONFIG_H_
