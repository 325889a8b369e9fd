#include "corepool/c/compat/mynewt/watch.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/mynewt/books.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/port/port.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {
namespace {

// As MisuseReport has them: in the order in which they lie in memory.
std::uint64_t BytesOf(std::uint32_t word) {
  unsigned char bytes[sizeof(word)];
  __builtin_memcpy(bytes, &word, sizeof(word));
  std::uint64_t all = 0;
  for (const unsigned char byte : bytes) all = all << 8 | byte;
  return all;
}

std::uint32_t WordAt(const void* block, std::size_t offset) {
  std::uint32_t word;
  __builtin_memcpy(&word, static_cast<const unsigned char*>(block) + offset,
                   sizeof(word));
  return word;
}

}  // namespace

void Watch::Mark(void* block) const {
  if (!books_.Has(kPoison)) return;
  auto* const bytes = static_cast<unsigned char*>(block);
  // Blocks are aligned to four bytes at least, and rounded up to that.
  for (std::size_t at = sizeof(os_memblock); at < books_.room;
       at += sizeof(kPoisonWord)) {
    __builtin_memcpy(bytes + at, &kPoisonWord, sizeof(kPoisonWord));
  }
}

bool Watch::IsIntact(const void* block, const void* next, bool reports) const {
  if (books_.IsThreaded()) {
    const void* link;
    __builtin_memcpy(&link, block, sizeof(link));
    if (link != next) {
      if (reports) Report(Error::kWriteAfterFree, block);
      return false;
    }
  }
  if (!books_.Has(kPoison)) return true;
  for (std::size_t at = sizeof(os_memblock); at < books_.room;
       at += sizeof(kPoisonWord)) {
    const std::uint32_t found = WordAt(block, at);
    if (found == kPoisonWord) continue;
    if (reports) Report(Error::kWriteAfterFree, block, at, found, kPoisonWord);
    return false;
  }
  return true;
}

// Read by several contexts at once, and written by them where it was damaged.
using Guard = lockfree::Atomic<std::uint32_t>;
static_assert(sizeof(Guard) == sizeof(std::uint32_t));

bool Watch::IsGuarded(const void* block, bool reports) const {
  if (!books_.Has(kGuard)) return true;
  const std::uint32_t found =
      reinterpret_cast<const Guard*>(GuardOf(block))->load(lockfree::kRelaxed);
  if (found == kGuardWord) return true;
  if (reports) Report(Error::kOverrun, block, books_.room, found, kGuardWord);
  return false;
}

void Watch::SetGuard(void* block) const {
  if (!books_.Has(kGuard)) return;
  auto* const word = const_cast<std::uint32_t*>(GuardOf(block));
  reinterpret_cast<Guard*>(word)->store(kGuardWord, lockfree::kRelaxed);
}

void Watch::ReportPut(Error kind, const void* block) const {
  if (books_.Has(kCheck)) Report(kind, block);
}

void Watch::Report(Error kind, const void* block, std::size_t offset,
                   std::uint32_t found, std::uint32_t expected) const {
  const std::size_t index = books_.layout.IndexInRow(block);
  const MisuseReport report{
      .kind = kind,
      .pool = &pool_,
      .pool_name = pool_.name == nullptr ? "" : pool_.name,
      .block = block,
      .index = index < books_.layout.count() ? index : kNoIndex,
      .core = port::Port::CoreIndex(),
      .context = nullptr,
      .offset = offset,
      .found = BytesOf(found),
      .expected = BytesOf(expected),
  };
  ReportMisuse(report, nullptr);
}

const std::uint32_t* Watch::GuardOf(const void* block) const {
  return reinterpret_cast<const std::uint32_t*>(
      static_cast<const unsigned char*>(block) + books_.room);
}

}  // namespace corepool::c::mynewt
