/* Mynewt's memory pools, on corepool: docs/compat/mynewt.md. Any context on any core
 * may get and put at any instant, interrupt handlers included; nothing is masked or
 * locked. */

#ifndef _OS_MEMPOOL_H_
#define _OS_MEMPOOL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/os.h"
#include "os/os_arch.h"
#include "os/os_error.h"
#include "os/queue.h"
#include "syscfg/syscfg.h"

/* Of a user's syscfg.h or os_arch.h, where this library's has not been seen. */
#include "os/corepool_mynewt_settings.h"
#ifndef OS_ALIGNMENT
#error "OS_ALIGNMENT is not defined; see os/os_arch.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a free block begins with: a pointer to the block below it on the free list.
 * Written for who walks the list of a pool at rest; the library never follows it. */
struct os_memblock {
  SLIST_ENTRY(os_memblock) mb_next;
};

/* A pool. Fields that begin with mp_, and name, may be read by anybody while the pool
 * is at rest, or by os_mempool_info_get_next at any time. */
struct os_mempool {
  uint32_t mp_block_size; /* bytes, as asked for */
  uint16_t mp_num_blocks;
  uint8_t mp_flags; /* OS_MEMPOOL_F_... */
  uintptr_t mp_membuf_addr;
  STAILQ_ENTRY(os_mempool) mp_list; /* NULL: the list is kept elsewhere */
  char* name;
  uint64_t corepool_books[14];
  /* What each get and put changes lies apart from what they only read: on a cache line
   * of its own, where there may be several caches. */
#if UINTPTR_MAX > 0xffffffff
  uint64_t corepool_apart[7];
#endif
  __extension__ union { /* for C99 */
    uint64_t corepool_head __attribute__((aligned(8)));
    __extension__ struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
      uint16_t corepool_tag[3];
      uint16_t mp_num_free; /* exact at every instant */
#else
      uint16_t mp_num_free; /* exact at every instant */
      uint16_t corepool_tag[3];
#endif
    };
  };
  __extension__ union {
    uint32_t corepool_low_water;
    __extension__ struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
      uint16_t corepool_zero;
      uint16_t mp_min_free; /* fewest free since init or clear; exact at rest */
#else
      uint16_t mp_min_free; /* fewest free since init or clear; exact at rest */
      uint16_t corepool_zero;
#endif
    };
  };
  __extension__ SLIST_HEAD(, os_memblock); /* slh_first: the first free block */
#if UINTPTR_MAX > 0xffffffff
  uint64_t corepool_apart_too[5];
#endif
};

#define OS_MEMPOOL_F_EXT 0x01 /* it is a struct os_mempool_ext */

struct os_mempool_ext;

/* Called by os_memblock_put instead of freeing the block, which is then up to the
 * callback: os_memblock_put_from_cb. Its result is os_memblock_put's. */
typedef os_error_t os_mempool_put_fn(struct os_mempool_ext* ome, void* data, void* arg);

struct os_mempool_ext {
  struct os_mempool mpe_mp;

  os_mempool_put_fn* mpe_put_cb; /* NULL after os_mempool_ext_init; to be assigned */
  void* mpe_put_arg;
};

#define OS_MEMPOOL_INFO_NAME_LEN (32)

struct os_mempool_info {
  int omi_block_size;
  int omi_num_blocks;
  int omi_num_free;
  int omi_min_free;
  char omi_name[OS_MEMPOOL_INFO_NAME_LEN]; /* cut off where it does not fit */
};

#if OS_ALIGNMENT == 4
typedef uint32_t os_membuf_t;
#elif OS_ALIGNMENT == 8
typedef uint64_t os_membuf_t;
#elif OS_ALIGNMENT == 16
__extension__ typedef __uint128_t os_membuf_t;
#else
#error "OS_ALIGNMENT must be 4, 8 or 16"
#endif

#if MYNEWT_VAL(OS_MEMPOOL_GUARD)
#define OS_MEMPOOL_BLOCK_SZ(sz) ((sz) + sizeof(os_membuf_t))
#else
#define OS_MEMPOOL_BLOCK_SZ(sz) (sz)
#endif

/* What a pool's buffer must hold: elements of os_membuf_t, and bytes. */
#define OS_MEMPOOL_SIZE(n, blksize) \
  (((OS_MEMPOOL_BLOCK_SZ(blksize) + ((OS_ALIGNMENT) - 1)) / (OS_ALIGNMENT)) * (n))
#define OS_MEMPOOL_BYTES(n, blksize) \
  (sizeof(os_membuf_t) * OS_MEMPOOL_SIZE((n), (blksize)))

/* Of the file that includes this one, for its pools; not for users. */
#define COREPOOL_MYNEWT_SWITCHES                                             \
  ((uint32_t)(OS_ALIGNMENT) | (MYNEWT_VAL(OS_MEMPOOL_CHECK) ? 0x100u : 0u) | \
   (MYNEWT_VAL(OS_MEMPOOL_POISON) ? 0x200u : 0u) |                           \
   (MYNEWT_VAL(OS_MEMPOOL_GUARD) ? 0x400u : 0u))
os_error_t corepool_mynewt_init(struct os_mempool* mp, uint16_t blocks,
                                uint32_t block_size, void* membuf, char* name,
                                uint32_t switches);
os_error_t corepool_mynewt_ext_init(struct os_mempool_ext* mpe, uint16_t blocks,
                                    uint32_t block_size, void* membuf, char* name,
                                    uint32_t switches);

/* Makes a pool of `blocks` blocks in `membuf`, of which the block size is rounded up to
 * OS_ALIGNMENT, and registers it, also if it was registered before. `name` is not
 * copied. OS_INVALID_PARM     no mp, block_size 0, no membuf for blocks; too large
 *   OS_MEM_NOT_ALIGNED  membuf is not aligned to OS_ALIGNMENT
 *   OS_ENOMEM           more pools or blocks than the library is configured for
 * All of which change nothing. Not while others use the pool. O(blocks). */
static __inline__ os_error_t os_mempool_init(struct os_mempool* mp, uint16_t blocks,
                                             uint32_t block_size, void* membuf,
                                             char* name) {
  return corepool_mynewt_init(mp, blocks, block_size, membuf, name,
                              COREPOOL_MYNEWT_SWITCHES);
}

/* The same with a callback, which is then to be assigned. */
static __inline__ os_error_t os_mempool_ext_init(struct os_mempool_ext* mpe,
                                                 uint16_t blocks, uint32_t block_size,
                                                 void* membuf, char* name) {
  return corepool_mynewt_ext_init(mpe, blocks, block_size, membuf, name,
                                  COREPOOL_MYNEWT_SWITCHES);
}

/* Takes a pool off the list; it can still be used. OS_INVALID_PARM if it is not on it.
 * Threads only: waits for calls that are copying this very pool's numbers. */
os_error_t os_mempool_unregister(struct os_mempool* mp);

/* All blocks are free again, as after init. Not while others use the pool. O(blocks).
 */
os_error_t os_mempool_clear(struct os_mempool* mp);

/* Whether nothing wrong was found with the pool; any context, at any time. O(blocks).
 */
bool os_mempool_is_sane(const struct os_mempool* mp);

/* 1 if a block of the pool, free or not, begins at block_addr; otherwise 0. Any
 * context; O(1). */
int os_memblock_from(const struct os_mempool* mp, const void* block_addr);

/* A block, the one that was put last; NULL if there was an instant during the call at
 * which none was free. Any context; lock-free; O(1). */
void* os_memblock_get(struct os_mempool* mp);

/* Gives a block back, or hands it to the callback. OS_INVALID_PARM, and nothing has
 * changed, if it is none of the pool's or free already. Any context; lock-free; O(1).
 */
os_error_t os_memblock_put(struct os_mempool* mp, void* block_addr);
os_error_t os_memblock_put_from_cb(struct os_mempool* mp, void* block_addr);

/* Copies what is known of the pool registered next after `mp`, or first if that is
 * NULL, and returns that pool; NULL at the end. Any context; lock-free; O(pools). */
struct os_mempool* os_mempool_info_get_next(struct os_mempool* mp,
                                            struct os_mempool_info* info);

/* The same for the pool registered first of those with that name; `info` may be NULL.
 */
struct os_mempool* os_mempool_get(const char* mempool_name,
                                  struct os_mempool_info* info);

/* Takes all pools off the list; they can still be used. As os_mempool_unregister. */
void os_mempool_module_init(void);

#ifdef __cplusplus
}
#endif

#endif /* _OS_MEMPOOL_H_ */
