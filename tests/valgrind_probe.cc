// What Memcheck should, or should not, report of a pool with Checking::kFull: run by
// valgrind_test.sh, with the name of a case.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "corepool/error.h"
#include "corepool/options.h"
#include "tests/support/test_pool.h"

namespace {

using corepool::Caching;
using corepool::Checking;
using corepool::Error;
using corepool::testing::TestPool;

constexpr std::size_t kSize = 40;

unsigned char Read(const void* block, std::size_t at) {
  return static_cast<const volatile unsigned char*>(block)[at];
}

int Run(const std::string& what) {
  for (const Caching caching : {Caching::kCas, Caching::kNone}) {
    for (const std::size_t quarantine : {0u, 2u}) {
      TestPool pool({.block_size = kSize,
                     .block_count = 6,
                     .checking = Checking::kFull,
                     .caching = caching,
                     .quarantine = quarantine});
      void* const block = pool->Allocate();
      void* const unwritten = pool->Allocate();
      std::memset(block, 1, kSize);
      if (what == "guard") (void)Read(block, kSize);
      if (what == "fresh" && Read(unwritten, 3) == 7) std::puts("by chance");
      if (pool->Free(unwritten) != Error::kOk) return 1;
      if (pool->Free(block) != Error::kOk) return 1;
      if (pool->Free(block) != Error::kDoubleFree) return 1;
      if (what == "free") (void)Read(block, kSize - 1);
      if (!pool.SoundAtRest(0) || pool.DrainAndRefill().size() != 6) return 1;
      if (pool->Deinit() != Error::kOk) return 1;
      for (const std::byte& byte : pool.memory.span()) (void)Read(&byte, 0);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return argc == 2 ? Run(argv[1]) : EXIT_FAILURE; }
