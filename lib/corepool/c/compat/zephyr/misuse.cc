#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/zephyr/objects.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/halt.h"
#include "corepool_zephyr.h"

namespace corepool::zephyr {
namespace {

constinit lockfree::Atomic<corepool_zephyr_misuse_handler> handler{nullptr};
constinit lockfree::Atomic<lockfree::Word> count{0};

}  // namespace

void TellMisuse(Error kind, const char* name, std::uint32_t id, const void* block) {
  count.fetch_add(1, lockfree::kRelaxed);
  // Pairs with: E87 release in corepool_zephyr_on_misuse.
  const auto now = handler.load(lockfree::kAcquire);
  if (now == nullptr) return;
  const corepool_zephyr_misuse misuse = {ErrorName(kind), name, id, block};
  now(&misuse);
}

}  // namespace corepool::zephyr

corepool_zephyr_misuse_handler corepool_zephyr_on_misuse(
    corepool_zephyr_misuse_handler handler) {
  // E87. Release pairs with: acquire in TellMisuse (what the handler works on). Acquire
  // pairs with: the same release, for who is handed the handler before.
  return corepool::zephyr::handler.exchange(handler, corepool::lockfree::kAcqRel);
}

std::uint64_t corepool_zephyr_misuse_count() {
  return corepool::zephyr::count.load(corepool::lockfree::kRelaxed);
}

void corepool_zephyr_must(int result, const char* name) {
  if (result == RC_OK) return;
  std::size_t length = 0;
  while (name[length] != '\0') ++length;
  corepool::port::Show(name, length);
  constexpr char kRest[] = ": corepool cannot make this pool\n";
  corepool::port::Halt(kRest, sizeof(kRest) - 1);
}
