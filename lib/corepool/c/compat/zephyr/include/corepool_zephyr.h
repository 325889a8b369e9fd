/* What corepool adds to Zephyr's interface: pools that no MDEF file defines, how tasks
 * wait, and what is told about misuse. docs/compat/zephyr.md. */

#ifndef COREPOOL_ZEPHYR_H
#define COREPOOL_ZEPHYR_H

#include <microkernel/base_api.h>
#include <nanokernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set these for the library and the program alike. */

/* Pools, and memory maps, that there may be at once; at most 65535. */
#ifndef COREPOOL_ZEPHYR_POOLS
#define COREPOOL_ZEPHYR_POOLS 64
#endif
/* Tasks that may wait for one pool, each in a slot of about 48 bytes in that pool's
 * memory. Any more look again every tick, in no order. At most 4096. */
#ifndef COREPOOL_ZEPHYR_WAITERS
#define COREPOOL_ZEPHYR_WAITERS 16
#endif
/* Tasks of which others may change the priority. */
#ifndef COREPOOL_ZEPHYR_TASKS
#define COREPOOL_ZEPHYR_TASKS 256
#endif
/* Of tasks that have never been given a priority. */
#ifndef COREPOOL_ZEPHYR_PRIORITY
#define COREPOOL_ZEPHYR_PRIORITY 10
#endif

/* 0: the compiler has no thread-local variables. All threads are then one task, and
 * corepool_zephyr_port says how urgent each is. */
#ifndef COREPOOL_ZEPHYR_THREAD_LOCAL
#define COREPOOL_ZEPHYR_THREAD_LOCAL 1
#endif

/* ---- Memory ---- */

/* Bytes of memory that a pool, or a map, needs for everything, if it is aligned like
 * this; constant expressions, and a little more than needed. */
#define COREPOOL_ZEPHYR_ALIGNED __attribute__((aligned(128)))
#define COREPOOL_ZEPHYR_POOL_BYTES(min_block_size, max_block_size, block_count)     \
  (COREPOOL_ZEPHYR_FIXED_BYTES +                                                    \
   COREPOOL_ZEPHYR_LEAVES(min_block_size, max_block_size) * (size_t)(block_count) * \
       (COREPOOL_ZEPHYR_SMALLEST(min_block_size, max_block_size) +                  \
        (sizeof(void*) < 8 ? 5 : 4)))
#define COREPOOL_ZEPHYR_MAP_BYTES(block_count, block_size) \
  (COREPOOL_ZEPHYR_FIXED_BYTES + (size_t)(block_count) * ((size_t)(block_size) + 16))

/* Internal: beside what each block takes. */
#define COREPOOL_ZEPHYR_FIXED_BYTES \
  ((size_t)(2560 + 2304 + COREPOOL_ZEPHYR_WAITERS * 6 * sizeof(void*)))
/* How often a largest block can be split in four, so that the parts are no smaller than
 * the smallest; how many of these it then makes; and how large they are: exactly a
 * part, or, if that is no whole number of bytes, the next whole number of eight. */
#define COREPOOL_ZEPHYR_FIT(min, max, n) \
  (((size_t)(max) >> 2 * (n)) != 0 && ((size_t)(max) >> 2 * (n)) >= (size_t)(min))
#define COREPOOL_ZEPHYR_SPLITS(min, max)                                   \
  (COREPOOL_ZEPHYR_FIT(min, max, 1) + COREPOOL_ZEPHYR_FIT(min, max, 2) +   \
   COREPOOL_ZEPHYR_FIT(min, max, 3) + COREPOOL_ZEPHYR_FIT(min, max, 4) +   \
   COREPOOL_ZEPHYR_FIT(min, max, 5) + COREPOOL_ZEPHYR_FIT(min, max, 6) +   \
   COREPOOL_ZEPHYR_FIT(min, max, 7) + COREPOOL_ZEPHYR_FIT(min, max, 8) +   \
   COREPOOL_ZEPHYR_FIT(min, max, 9) + COREPOOL_ZEPHYR_FIT(min, max, 10) +  \
   COREPOOL_ZEPHYR_FIT(min, max, 11) + COREPOOL_ZEPHYR_FIT(min, max, 12) + \
   COREPOOL_ZEPHYR_FIT(min, max, 13))
#define COREPOOL_ZEPHYR_LEAVES(min, max) \
  ((size_t)1 << 2 * COREPOOL_ZEPHYR_SPLITS(min, max))
#define COREPOOL_ZEPHYR_SMALLEST(min, max)                \
  ((size_t)(max) % COREPOOL_ZEPHYR_LEAVES(min, max) == 0  \
       ? (size_t)(max) / COREPOOL_ZEPHYR_LEAVES(min, max) \
       : ((size_t)(max) / COREPOOL_ZEPHYR_LEAVES(min, max) + 8) / 8 * 8)

/* ---- Pools and maps at run time ---- */

/* What a line `POOL name min max n` of an MDEF file says, and more. */
struct corepool_zephyr_pool {
  const char* name;      /* for reports; must stay valid; may be NULL */
  size_t min_block_size; /* bytes, at least 1; the smallest may get larger than that */
  size_t max_block_size; /* no less; best the former times a power of 4 */
  size_t block_count;    /* of the largest; 0: always exhausted */
  /* 0: who cannot be served is passed over, as in the original. 1: nobody is; large
   * requests do not starve, small ones wait longer. */
  int strict_order;
  void* memory; /* stays the pool's */
  size_t bytes; /* COREPOOL_ZEPHYR_POOL_BYTES; or, with that alignment, exactly */
}; /* corepool_zephyr_pool_bytes */

/* Bytes that the pool needs in memory aligned to 128; 0 if there can be no such pool.
 * [any; wait-free; O(1)] */
size_t corepool_zephyr_pool_bytes(const struct corepool_zephyr_pool* pool);

/* Makes the pool, of which the description may go, and sets *id. RC_FAIL, and nothing
 * has changed: sizes that are none, too little memory, COREPOOL_ZEPHYR_POOLS of them.
 * [threads; lock-free; O(memory)] */
int corepool_zephyr_pool_create(kmemory_pool_t* id,
                                const struct corepool_zephyr_pool* pool);
/* Gives its memory back. RC_FAIL, and nothing has changed: no such pool, blocks are
 * allocated, or tasks wait. [alone; lock-free; O(memory)] */
int corepool_zephyr_pool_delete(kmemory_pool_t id);

/* The same for memory maps of `block_count` blocks of `block_size` bytes. */
size_t corepool_zephyr_map_bytes(size_t block_count, size_t block_size);
int corepool_zephyr_map_create(kmemory_map_t* id, const char* name, size_t block_count,
                               size_t block_size, void* memory, size_t bytes);
int corepool_zephyr_map_delete(kmemory_map_t id);

/* Makes a pool in the memory of this file, usable when main begins; elsewhere
 * `extern const kmemory_pool_t name;`. */
#define COREPOOL_ZEPHYR_DEFINE_POOL(name, min_block_size, max_block_size, block_count) \
  COREPOOL_ZEPHYR_ID(kmemory_pool_t, name);                                            \
  COREPOOL_ZEPHYR_ALIGNED static unsigned char                                         \
      corepool_pool_memory_##name[COREPOOL_ZEPHYR_POOL_BYTES(                          \
          min_block_size, max_block_size, block_count)];                               \
  COREPOOL_ZEPHYR_AT_START(name) {                                                     \
    const struct corepool_zephyr_pool corepool_pool = {                                \
        #name,                                                                         \
        min_block_size,                                                                \
        max_block_size,                                                                \
        block_count,                                                                   \
        0,                                                                             \
        corepool_pool_memory_##name,                                                   \
        sizeof corepool_pool_memory_##name};                                           \
    corepool_zephyr_must(                                                              \
        corepool_zephyr_pool_create(&corepool_id_##name, &corepool_pool), #name);      \
  }                                                                                    \
  extern const kmemory_pool_t name

/* For what tools/mdef.py makes: pools and maps with the ids 0x00010000, 0x00010001 and
 * so on, and the pool that task_malloc takes from. RC_FAIL if one of the ids is taken
 * or one cannot be made. [threads; lock-free; O(memory)] */
int corepool_zephyr_add_pools(const struct corepool_zephyr_pool* pools, size_t count);
struct corepool_zephyr_map {
  const char* name;
  size_t block_count;
  size_t block_size;
  void* memory;
  size_t bytes;
};
int corepool_zephyr_add_maps(const struct corepool_zephyr_map* maps, size_t count);
int corepool_zephyr_set_heap(kmemory_pool_t id);

/* Ends the program, with a message, unless `result` is RC_OK. */
void corepool_zephyr_must(int result, const char* name);

/* Internal. The object `name`, const for all who see it, but set once by its file. */
#define COREPOOL_ZEPHYR_ID(type, name) \
  type corepool_id_##name __asm__(#name) = 0xffffffffu
#define COREPOOL_ZEPHYR_AT_START(name) \
  __attribute__((constructor)) static void corepool_define_##name(void)

/* ---- What there is to know ---- */

struct corepool_zephyr_pool_info {
  const char* name;
  size_t min_block_size; /* bytes, as all sizes */
  size_t max_block_size;
  size_t block_count;  /* of the largest */
  size_t used;         /* of max_block_size * block_count */
  size_t peak;         /* the highest end of a block so far, from the pool's start */
  size_t largest_free; /* what could be allocated; exact at rest */
  uint64_t allocations;
  uint64_t frees;
  uint64_t failures; /* requests that found no block at first */
  uint64_t misuses;
  size_t waiting; /* tasks */
};
/* RC_FAIL if there is no such pool. [any; wait-free; O(blocks)] */
int corepool_zephyr_pool_info_get(kmemory_pool_t id,
                                  struct corepool_zephyr_pool_info* info);

/* A free that was refused. Nothing has been freed, nothing is damaged. */
struct corepool_zephyr_misuse {
  const char* kind;      /* "kDoubleFree": also a descriptor whose block is gone;
                          * "kWrongSize": req_size has been changed;
                          * "kForeignPointer": not this pool's, or no such pool;
                          * "kInteriorPointer", "kMisalignedPointer", and for maps
                          * "kWriteAfterFree" */
  const char* pool_name; /* "" if there is no such pool */
  uint32_t id;           /* of the pool or map */
  const void* block;     /* address_in_pool */
};
typedef void (*corepool_zephyr_misuse_handler)(const struct corepool_zephyr_misuse*);
/* Who is told of misuse, in the context of the call; NULL, as at first: nobody, it is
 * only counted. Returns who was before. [any; wait-free; O(1)] */
corepool_zephyr_misuse_handler corepool_zephyr_on_misuse(
    corepool_zephyr_misuse_handler handler);
/* Refused frees so far, of all pools and maps. [any; wait-free; O(1)] */
uint64_t corepool_zephyr_misuse_count(void);

/* ---- How tasks wait ---- */

/* task_priority_set(task_id_get(), priority). [threads; wait-free; O(1)] */
void corepool_zephyr_set_priority(int priority);

/* An operating system: see WaitPort in corepool/wait_port.h, and docs/porting.md. */
struct corepool_zephyr_port {
  /* The time, in units of 1 / units_per_second seconds; never goes back. */
  uint64_t (*now)(void* context);
  /* Sleeps until the 32-bit word at `signal` is not `seen` any more, or until
   * `deadline` (UINT64_MAX: for ever). May return earlier. `signal` tells sleeping
   * threads apart; `place` does so within one pool. */
  void (*sleep)(void* context, size_t place, const void* signal, uint32_t seen,
                uint64_t deadline);
  /* Wakes the thread that sleeps there, or is about to. Whoever frees calls it. */
  void (*wake)(void* context, size_t place, const void* signal);
  void* context;
  uint64_t units_per_second;
  /* How urgent the calling task is, 0 to 255; NULL: as task_priority_set said. */
  int (*priority)(void* context);
};
/* Before any task waits. NULL, as at first: futex(2), and CLOCK_MONOTONIC in
 * nanoseconds; Linux only. [alone; wait-free; O(1)] */
void corepool_zephyr_set_port(const struct corepool_zephyr_port* port);

#ifdef __cplusplus
}
#endif

#endif /* COREPOOL_ZEPHYR_H */
