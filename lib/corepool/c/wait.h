// Waiting for blocks: corepool/wait.h and wait_port.h in C, where the rules are.
//
//   static corepool_waiters_t waiters;
//   static COREPOOL_WAITERS_MEMORY(places, 8);
//   ...
//   corepool_waiters_init(&waiters, &(corepool_waiters_options_t){.most_waiters = 8},
//                         places, sizeof places);

#ifndef COREPOOL_C_WAIT_H_
#define COREPOOL_C_WAIT_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/options.h"
#include "corepool/c/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

// Points in time, in a unit that the port chooses: nanoseconds, of the futex port.
typedef uint64_t corepool_ticks_t;

// Deadlines: do not wait at all; wait for as long as it takes.
#define COREPOOL_NO_WAIT ((corepool_ticks_t)0)
#define COREPOOL_FOREVER (~(corepool_ticks_t)0)

// A 32-bit word that changes whenever the thread that sleeps at it is to be woken; its
// address is what futex(2) takes.
typedef struct corepool_wait_signal_t corepool_wait_signal_t;

// Where one thread sleeps.
typedef struct corepool_wait_place_t {
  size_t number;  // below the number of threads that may wait
  corepool_wait_signal_t* signal;
} corepool_wait_place_t;

// An operating system, or what there is in its place: docs/porting.md.
typedef struct corepool_wait_port_t {
  // The time now; never goes back. Any thread.
  corepool_ticks_t (*now)(void* context);
  // Sleeps until the signal is not `seen` any more, or until `deadline`, unless that is
  // COREPOOL_FOREVER. May return earlier. Threads only, one at a place.
  void (*sleep)(void* context, const corepool_wait_place_t* place, uint32_t seen,
                corepool_ticks_t deadline);
  // Wakes the thread that sleeps at the place, or is about to; the signal has changed
  // already. May come late. Called by whoever frees a block.
  void (*wake)(void* context, const corepool_wait_place_t* place);
  void* context;                      // handed to all three
  corepool_ticks_t ticks_per_second;  // 0: 1000000000
} corepool_wait_port_t;

typedef struct corepool_waiters_options_t {
  const corepool_wait_port_t* port;  // how threads sleep; copied. NULL: by futex(2),
                                     // which is there on Linux
  size_t most_waiters;               // threads that may wait at once; at most 4096
  bool strict_order;  // of pools with blocks of several sizes: a request that cannot be
                      // served holds up all behind it
} corepool_waiters_options_t;

// The threads that wait for blocks of one pool, or for values of one queue.
struct corepool_waiters_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_WAITERS_BYTES];
};

// Memory for corepool_waiters_init: an array `name` with places for `count` threads.
#define COREPOOL_WAIT_PLACE_BYTES 48
#define COREPOOL_WAITERS_MEMORY(name, count) \
  alignas(8) unsigned char name[(count) * COREPOOL_WAIT_PLACE_BYTES]

// [default: any; wait-free; O(1)]

// What the signal is now; what sleep compares with `seen`.
uint32_t corepool_wait_signal_value(const corepool_wait_signal_t* signal);

// Bytes that init needs, 0 if the options are not valid, and what they must be aligned
// to.
size_t corepool_waiters_required_bytes(const corepool_waiters_options_t* options);
size_t corepool_waiters_required_alignment(const corepool_waiters_options_t* options);

// Makes a table in `memory`, which must stay valid until deinit. COREPOOL_UNSUPPORTED:
// the port is not there on this system; COREPOOL_INVALID_COUNT, COREPOOL_NULL_MEMORY,
// COREPOOL_MISALIGNED_MEMORY, COREPOOL_MEMORY_TOO_SMALL, COREPOOL_ALREADY_INITIALIZED.
// All leave everything as it was. [alone; lock-free; O(most_waiters)]
corepool_error_t corepool_waiters_init(corepool_waiters_t* waiters,
                                       const corepool_waiters_options_t* options,
                                       void* memory, size_t bytes);

// Gives the memory back. COREPOOL_NOT_INITIALIZED, or COREPOOL_BLOCKS_IN_USE: a pool
// has it. [alone; lock-free; O(1)]
corepool_error_t corepool_waiters_deinit(corepool_waiters_t* waiters);

bool corepool_waiters_is_initialized(const corepool_waiters_t* waiters);

// The port's time; 0 without one.
// [threads; blocking; as corepool_wait_port_t::now; or better]
corepool_ticks_t corepool_waiters_now(const corepool_waiters_t* waiters);

corepool_ticks_t corepool_waiters_ticks_per_second(const corepool_waiters_t* waiters);

// Threads that wait now, or are about to or have just ceased to.
size_t corepool_waiters_count(const corepool_waiters_t* waiters);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_WAIT_H_
