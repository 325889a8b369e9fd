#include "corepool/c/misuse.h"

#include "corepool/c/internal/callbacks.h"
#include "corepool/c/internal/convert.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"

namespace corepool::c {
namespace {

// Never nullptr again once there is one: a report may be on its way to it.
constinit lockfree::Atomic<corepool_misuse_handler_t> process_handler{nullptr};

void TellProcess(const MisuseReport& report) {
  const corepool_misuse_report_t copy = ForC(report, report.context);
  // Pairs with: E90 release in corepool_set_misuse_handler.
  process_handler.load(lockfree::kAcquire)(&copy);
}

}  // namespace

corepool_misuse_report_t ForC(const MisuseReport& report, void* context) {
  return {.kind = ForC(report.kind),
          .pool = report.pool,
          .pool_name = report.pool_name,
          .block = report.block,
          .index = report.index,
          .core = report.core,
          .context = context,
          .offset = report.offset,
          .found = report.found,
          .expected = report.expected,
          .owner = report.owner};
}

void Misuse::Tell(const MisuseReport& report) {
  const Misuse& own = *static_cast<const Misuse*>(report.context);
  const corepool_misuse_report_t copy = ForC(report, own.context);
  own.handler(&copy);
}

}  // namespace corepool::c

corepool_misuse_handler_t corepool_set_misuse_handler(
    corepool_misuse_handler_t handler) {
  namespace c = corepool::c;
  namespace lockfree = corepool::lockfree;
  corepool_misuse_handler_t before = nullptr;
  if (handler != nullptr) {
    // E90. Pairs with: acquire in TellProcess.
    before = c::process_handler.exchange(handler, lockfree::kAcqRel);
  } else {
    // Pairs with: E90 release in corepool_set_misuse_handler.
    before = c::process_handler.load(lockfree::kAcquire);
  }
  const bool was_ours =
      corepool::SetMisuseHandler(handler == nullptr ? nullptr : &c::TellProcess) ==
      &c::TellProcess;
  return was_ours ? before : nullptr;
}
