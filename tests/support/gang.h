// Threads that start together.

#ifndef COREPOOL_TESTS_SUPPORT_GANG_H_
#define COREPOOL_TESTS_SUPPORT_GANG_H_

#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace corepool::testing {

// Runs work(0) to work(size - 1), each on a thread of its own, none of which begins
// before all are there; returns when all are done.
template <class Work>
void RunGang(int size, const Work& work) {
  std::barrier start(size);
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(size));
  for (int i = 0; i < size; ++i) {
    threads.emplace_back([&work, &start, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_GANG_H_
