// The production atomics.

#ifndef COREPOOL_LOCKFREE_STD_ATOMIC_H_
#define COREPOOL_LOCKFREE_STD_ATOMIC_H_

#include <atomic>

namespace corepool::lockfree {

template <class T>
using Atomic = std::atomic<T>;

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_STD_ATOMIC_H_
