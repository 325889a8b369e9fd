#include "corepool/port/yield.h"

#include <atomic>
#include <cerrno>
#include <thread>

#include "gtest/gtest.h"

namespace corepool::port {
namespace {

TEST(Yield, ReturnsAndLeavesErrnoAlone) {
  errno = 77;
  Yield();
  EXPECT_EQ(errno, 77);
}

TEST(Yield, LetsTheThreadWaitedForGetOn) {
  std::atomic<bool> done{false};
  std::thread other([&] { done.store(true, std::memory_order_release); });
  while (!done.load(std::memory_order_acquire)) Yield();
  other.join();
}

}  // namespace
}  // namespace corepool::port
