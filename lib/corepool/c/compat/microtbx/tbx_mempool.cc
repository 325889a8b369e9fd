#include "corepool/c/compat/microtbx/include/tbx_mempool.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/microtbx/block_pools.h"
#include "corepool/c/compat/microtbx/uses.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"

namespace {

using corepool::Error;

constinit corepool::microtbx::BlockPools pools;
constinit corepool::lockfree::Atomic<corepool::lockfree::Word> is_strict{
    COREPOOL_MICROTBX_STRICT};

}  // namespace

extern "C" {

uint8_t TbxMemPoolCreate(size_t numBlocks, size_t blockSize) {
  const Error error = pools.Create(numBlocks, blockSize);
  if (error == Error::kInvalidSize) {
    corepool::microtbx::FailAssertion(__FILE__, __LINE__);
  }
  return error == Error::kOk ? 1 : 0;
}

void* TbxMemPoolAllocate(size_t size) {
  const bool strict = is_strict.load(corepool::lockfree::kRelaxed) != 0;
  const auto got = pools.Allocate(size, strict);
  if (got.error == Error::kInvalidSize) [[unlikely]] {
    corepool::microtbx::FailAssertion(__FILE__, __LINE__);
  }
  return got.block;
}

void* TbxMemPoolAllocateAuto(size_t size) {
  const auto got = pools.AllocateExactly(size);
  if (got.error == Error::kInvalidSize) [[unlikely]] {
    corepool::microtbx::FailAssertion(__FILE__, __LINE__);
  }
  return got.block;
}

void TbxMemPoolRelease(void* memPtr) {
  if (pools.Free(memPtr) != Error::kOk) [[unlikely]] {
    corepool::microtbx::FailAssertion(__FILE__, __LINE__);
  }
}

void corepool_microtbx_set_strict(uint8_t strict) {
  is_strict.store(strict != 0 ? 1 : 0, corepool::lockfree::kRelaxed);
}

}  // extern "C"
