/* Memory segments, dynamic and static memory pools with uC/LIB's interface (V1.39.01),
 * safe on any number of cores. docs/compat/micrium.md says what differs.
 *
 * Functions marked [any] may be called by any thread, interrupt handler and core, at
 * any instruction of any other call, and are lock-free; no interrupt is ever disabled.
 * Those marked [threads] may wait for each other: with an operating system threads and
 * signal handlers may call them, without one interrupt handlers must not. Mem_SegClr
 * and Mem_Init must not be called while anybody uses what they put an end to. None
 * changes anything if it fails. A null p_err is a call that fails.
 */

#ifndef LIB_MEM_MODULE_PRESENT
#define LIB_MEM_MODULE_PRESENT

#include <cpu.h>
#include <cpu_core.h>
#include <lib_def.h>

#include "lib_mem_val.h"

#define LIB_MEM_PADDING_ALIGN_NONE 1u
#define LIB_MEM_BLK_QTY_UNLIMITED 0u

#include <lib_cfg.h>

#ifndef LIB_MEM_CFG_ARG_CHK_EXT_EN
#define LIB_MEM_CFG_ARG_CHK_EXT_EN DEF_DISABLED
#endif
#ifndef LIB_MEM_CFG_OPTIMIZE_ASM_EN
#define LIB_MEM_CFG_OPTIMIZE_ASM_EN DEF_DISABLED
#endif
#ifndef LIB_MEM_CFG_DBG_INFO_EN
#define LIB_MEM_CFG_DBG_INFO_EN DEF_DISABLED
#endif
#ifndef LIB_MEM_CFG_HEAP_SIZE
#define LIB_MEM_CFG_HEAP_SIZE 0u
#endif
#ifndef LIB_MEM_CFG_HEAP_PADDING_ALIGN
#define LIB_MEM_CFG_HEAP_PADDING_ALIGN LIB_MEM_PADDING_ALIGN_NONE
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef CPU_INT32U LIB_MEM_TYPE;
typedef CPU_SIZE_T MEM_POOL_BLK_QTY;
typedef MEM_POOL_BLK_QTY MEM_POOL_IX;

/* What has been allocated of a segment under one name. */
typedef struct mem_alloc_info MEM_ALLOC_INFO;
struct mem_alloc_info {
  const CPU_CHAR* NamePtr;
  CPU_SIZE_T Size; /* bytes */
  MEM_ALLOC_INFO* NextPtr;
};

/* For reading only. The same whatever lib_cfg.h says, so larger than the original's. */
typedef struct mem_seg MEM_SEG;
struct mem_seg {
  CPU_ADDR AddrBase;
  CPU_ADDR AddrEnd;  /* of the last byte */
  CPU_ADDR AddrNext; /* of the first that has not been allocated; exact at rest */
  MEM_SEG* NextPtr;  /* the segment created before */
  CPU_SIZE_T PaddingAlign;
  const CPU_CHAR* NamePtr;
  MEM_ALLOC_INFO* AllocInfoHeadPtr; /* latest name first */
  void* CorepoolPtr;
};

typedef struct mem_seg_info {
  CPU_SIZE_T UsedSize;  /* bytes gone, with what alignment has cost */
  CPU_SIZE_T TotalSize; /* bytes */
  CPU_ADDR AddrBase;
  CPU_ADDR AddrNextAlloc; /* the next aligned address; 0: there is none */
} MEM_SEG_INFO;

/* For reading only. */
typedef struct mem_pool {
  void* PoolAddrStart;
  void* PoolAddrEnd; /* of the last byte */
  MEM_POOL_BLK_QTY BlkNbr;
  CPU_SIZE_T BlkSize;      /* bytes from one block to the next */
  void** BlkFreeTbl;       /* not used */
  CPU_SIZE_T BlkFreeTblIx; /* free blocks; exact at rest */
  void* CorepoolPtr;
} MEM_POOL;

/* For reading only. */
typedef struct mem_dyn_pool {
  MEM_SEG* PoolSegPtr;
  CPU_SIZE_T BlkSize;  /* bytes asked for */
  CPU_SIZE_T BlkAlign; /* bytes that blocks are aligned to */
  CPU_SIZE_T BlkPaddingAlign;
  void* BlkFreePtr;       /* not used */
  CPU_SIZE_T BlkQtyMax;   /* 0: unlimited */
  CPU_SIZE_T BlkAllocCnt; /* allocated blocks, exact at rest; 0 if unlimited */
  const CPU_CHAR* NamePtr;
  void* CorepoolPtr;
} MEM_DYN_POOL;

/* The program's configuration, for the library, which is compiled already: each source
 * file carries it along, and the linker keeps one. Volatile, so that no compiler takes
 * the value that it sees for that one.
 */
struct corepool_micrium_configuration {
  CPU_SIZE_T heap_size;
  CPU_SIZE_T heap_padding;
  CPU_ADDR heap_base; /* 0: memory of the library's */
  CPU_SIZE_T checks;  /* whether segments must not overlap */
};
extern const volatile struct corepool_micrium_configuration
    corepool_micrium_configuration __attribute__((weak, visibility("default")));
#ifndef LIB_MEM_CFG_HEAP_BASE_ADDR
#define COREPOOL_MICRIUM_HEAP_BASE 0u
#else
#define COREPOOL_MICRIUM_HEAP_BASE LIB_MEM_CFG_HEAP_BASE_ADDR
#endif
const volatile struct corepool_micrium_configuration corepool_micrium_configuration = {
    (LIB_MEM_CFG_HEAP_SIZE), (LIB_MEM_CFG_HEAP_PADDING_ALIGN),
    (CPU_ADDR)(COREPOOL_MICRIUM_HEAP_BASE),
    (LIB_MEM_CFG_ARG_CHK_EXT_EN) == DEF_ENABLED && (LIB_MEM_CFG_HEAP_SIZE) > 0u};

/* Makes the heap, anew if it has been made: pools in it end. Segments that there are
 * stay usable, but new ones may overlap them, and put an end to them if they do.
 * Functions that use the heap do this if nobody has. [threads]
 */
void Mem_Init(void);

/* Bytes. Nothing is done for sizes of 0 and null pointers. Mem_Copy's areas must not
 * overlap; Mem_Move's may. Mem_Cmp: DEF_YES if all bytes are the same, or there are
 * none. [any]
 */
void Mem_Clr(void* pmem, CPU_SIZE_T size);
void Mem_Set(void* pmem, CPU_INT08U data_val, CPU_SIZE_T size);
void Mem_Copy(void* pdest, const void* psrc, CPU_SIZE_T size);
void Mem_Move(void* pdest, const void* psrc, CPU_SIZE_T size);
CPU_BOOLEAN Mem_Cmp(const void* p1_mem, const void* p2_mem, CPU_SIZE_T size);

/* Deprecated. As Mem_SegAllocHW of the heap; LIB_MEM_ERR_HEAP_OVF. [any] */
void* Mem_HeapAlloc(CPU_SIZE_T size, CPU_SIZE_T align, CPU_SIZE_T* p_bytes_reqd,
                    LIB_ERR* p_err);
CPU_SIZE_T Mem_HeapGetSizeRem(CPU_SIZE_T align, LIB_ERR* p_err);

/* Makes `size` bytes from `seg_base_addr` on a segment. LIB_MEM_ERR_NULL_PTR;
 * INVALID_SEG_SIZE: 0, or beyond the last address; INVALID_MEM_ALIGN: padding_align is
 * no power of two; INVALID_SEG_EXISTS, INVALID_SEG_OVERLAP: of a segment, the heap too,
 * if arguments are checked and there is a heap (lib_cfg.h); otherwise the new segment
 * puts an end to the other. SEG_OVF: COREPOOL_MICRIUM_BOOKKEEPING_BYTES are used up.
 * [threads]
 */
void Mem_SegCreate(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_ADDR seg_base_addr,
                   CPU_SIZE_T size, CPU_SIZE_T padding_align, LIB_ERR* p_err);

/* All of it can be allocated again; pools in it end, and what has been allocated must
 * not be used any more. [threads]
 */
void Mem_SegClr(MEM_SEG* p_seg, LIB_ERR* p_err);

/* `size` bytes of a segment, or of the heap if that is NULL; aligned to
 * sizeof(CPU_ALIGN) or `align`. ...HW: aligned to the segment's padding, too, and the
 * size rounded up to a multiple of that. `p_name` is for Mem_OutputUsage.
 * `*p_bytes_reqd`, if not null: bytes missing; 0 on success. LIB_MEM_ERR_NULL_PTR,
 * INVALID_MEM_SIZE (0), INVALID_MEM_ALIGN, SEG_OVF. [any; O(names)]
 */
void* Mem_SegAlloc(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_SIZE_T size,
                   LIB_ERR* p_err);
void* Mem_SegAllocExt(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_SIZE_T size,
                      CPU_SIZE_T align, CPU_SIZE_T* p_bytes_reqd, LIB_ERR* p_err);
void* Mem_SegAllocHW(const CPU_CHAR* p_name, MEM_SEG* p_seg, CPU_SIZE_T size,
                     CPU_SIZE_T align, CPU_SIZE_T* p_bytes_reqd, LIB_ERR* p_err);

/* Bytes that are left from the next address on that is so aligned. `p_seg_info`, if not
 * null, is of the same instant. NULL segment: the heap. [any] */
CPU_SIZE_T Mem_SegRemSizeGet(MEM_SEG* p_seg, CPU_SIZE_T align, MEM_SEG_INFO* p_seg_info,
                             LIB_ERR* p_err);

/* Hands a report on all segments to `out_fnct`, piece by piece, which may call anything
 * of this. [threads] */
void Mem_OutputUsage(void (*out_fnct)(CPU_CHAR*), LIB_ERR* p_err);

/* Deprecated. A pool of blk_nbr blocks in mem_size bytes at p_mem_base, or in the heap
 * if that is null. PoolBlkGet: a block of at least `size` bytes. Errors as the
 * original's; PoolBlkFree finds bad addresses (INVALID_BLK_ADDR) and blocks that are
 * free (INVALID_BLK_ADDR_IN_POOL) in O(1). [Create: threads; Clr: alone; others: any]
 */
void Mem_PoolCreate(MEM_POOL* p_pool, void* p_mem_base, CPU_SIZE_T mem_size,
                    MEM_POOL_BLK_QTY blk_nbr, CPU_SIZE_T blk_size, CPU_SIZE_T blk_align,
                    CPU_SIZE_T* p_bytes_reqd, LIB_ERR* p_err);
void Mem_PoolClr(MEM_POOL* p_pool, LIB_ERR* p_err);
void* Mem_PoolBlkGet(MEM_POOL* p_pool, CPU_SIZE_T size, LIB_ERR* p_err);
void Mem_PoolBlkFree(MEM_POOL* p_pool, void* p_blk, LIB_ERR* p_err);
MEM_POOL_BLK_QTY Mem_PoolBlkGetNbrAvail(MEM_POOL* p_pool, LIB_ERR* p_err);

/* Makes a pool of blocks of blk_size bytes aligned to blk_align, of which blk_qty_init
 * are taken from the segment at once and others as they are needed, blk_qty_max in all.
 * ...HW: every block aligned and padded to the segment's padding. LIB_MEM_ERR_NULL_PTR;
 * INVALID_BLK_SIZE, _NBR, _ALIGN; ADDR_OVF: the size of the initial blocks overflows;
 * SEG_OVF: so many do not fit, or COREPOOL_MICRIUM_BOOKKEEPING_BYTES are used up.
 * [threads]
 */
void Mem_DynPoolCreate(const CPU_CHAR* p_name, MEM_DYN_POOL* p_pool, MEM_SEG* p_seg,
                       CPU_SIZE_T blk_size, CPU_SIZE_T blk_align,
                       CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max, LIB_ERR* p_err);
void Mem_DynPoolCreateHW(const CPU_CHAR* p_name, MEM_DYN_POOL* p_pool, MEM_SEG* p_seg,
                         CPU_SIZE_T blk_size, CPU_SIZE_T blk_align,
                         CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max,
                         LIB_ERR* p_err);

/* A block; or NULL and LIB_MEM_ERR_POOL_EMPTY: there was an instant during the call at
 * which blk_qty_max were allocated; SEG_OVF: at which none was free, and the segment
 * had no room for another; INVALID_POOL: it has not been created, or has ended. The
 * block freed last comes first. [any] */
void* Mem_DynPoolBlkGet(MEM_DYN_POOL* p_pool, LIB_ERR* p_err);

/* Takes a block back, without touching it. LIB_MEM_ERR_NULL_PTR; POOL_FULL: the pool is
 * limited, and none is allocated; INVALID_BLK_ADDR: no block's address;
 * INVALID_BLK_ADDR_IN_POOL: it is free. [any; O(1)] */
void Mem_DynPoolBlkFree(MEM_DYN_POOL* p_pool, void* p_blk, LIB_ERR* p_err);

/* What is not allocated of blk_qty_max; 0 and LIB_MEM_ERR_POOL_UNLIMITED. [any] */
CPU_SIZE_T Mem_DynPoolBlkNbrAvailGet(MEM_DYN_POOL* p_pool, LIB_ERR* p_err);

#ifdef __cplusplus
}
#endif

#endif /* LIB_MEM_MODULE_PRESENT */
