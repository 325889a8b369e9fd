/* Pools of blocks out of MicroTBX's heap, for any number of cores.
 *
 * Any thread, interrupt handler and core may call anything, at any instruction of any
 * other call; lock-free: a step is repeated only because another call has succeeded.
 * (The heap may ask for more, if it is not corepool's.) No interrupt is ever disabled.
 *
 * A function that is misused asserts first, if assertions are enabled; if the handler
 * returns, or if they are not, it changes nothing and returns TBX_ERROR, NULL, or just
 * so.
 */

#ifndef TBX_MEMPOOL_H
#define TBX_MEMPOOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Adds `numBlocks` blocks of `blockSize` bytes to the pool of blocks of that size;
 * makes it if there is none. Blocks are aligned as pointers, and their contents
 * undefined. All of it comes out of the heap in one piece: numBlocks * (blockSize,
 * rounded up to whole pointers, and three pointers). TBX_OK; or TBX_ERROR, with no
 * block added and no pool made: the heap has too little left,
 * COREPOOL_MICROTBX_MOST_POOLS other sizes are in use, or a number is 0, which is
 * misuse. O(numBlocks + pools).
 */
uint8_t TbxMemPoolCreate(size_t numBlocks, size_t blockSize);

/* A block of at least `size` bytes: the smallest that there is. NULL if there was an
 * instant during the call at which all of them were allocated, or `size` is 0, which is
 * misuse. With corepool_microtbx_set_strict also if that is so of the pool with the
 * smallest that are large enough. O(pools); 1 read-modify-write and one for each lost
 * race.
 */
void* TbxMemPoolAllocate(size_t size);

/* A block of exactly `size` bytes; if all of those are allocated, or there is no such
 * pool, takes one more out of the heap, for this caller. NULL if it has too little
 * left, otherwise as TbxMemPoolCreate.
 */
void* TbxMemPoolAllocateAuto(size_t size);

/* Takes back a block. Its contents stay until it is allocated again. Misuse, detected
 * in O(1) and refused: NULL, anything but a block's address, and a block that is free.
 * Of contexts that release one block at once exactly one is accepted. O(1); 2
 * read-modify-writes.
 */
void TbxMemPoolRelease(void* memPtr);

/* Not in the original. 1: TbxMemPoolAllocate takes blocks of the best fitting size
 * only, as MicroTBX does from 0.9.3 on. 0, which is how it begins: larger ones too if
 * there are none, as its documents say (COREPOOL_MICROTBX_STRICT). Wait-free.
 */
void corepool_microtbx_set_strict(uint8_t strict);

#ifdef __cplusplus
}
#endif

#endif /* TBX_MEMPOOL_H */
