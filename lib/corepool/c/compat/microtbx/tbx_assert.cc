#include "corepool/c/compat/microtbx/include/tbx_assert.h"

#include <cstddef>
#include <cstdint>

#include "corepool/base/text.h"
#include "corepool/c/compat/microtbx/uses.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/halt.h"

namespace {

constinit corepool::lockfree::Atomic<tTbxAssertHandler> handler{nullptr};

}  // namespace

extern "C" {

void TbxAssertSetHandler(tTbxAssertHandler assertHandler) {
  if (assertHandler == nullptr) {
    return corepool::microtbx::FailAssertion(__FILE__, __LINE__);
  }
  // Pairs with: E81 acquire in TbxAssertTrigger.
  handler.store(assertHandler, corepool::lockfree::kRelease);
}

void TbxAssertTrigger(char const* const file, uint32_t line) {
  // E81. Pairs with: release in TbxAssertSetHandler.
  const tTbxAssertHandler own = handler.load(corepool::lockfree::kAcquire);
  if (own != nullptr) return own(file, line);
  const auto show = [](const char* text) {
    std::size_t length = 0;
    while (text[length] != '\0') ++length;
    corepool::port::Show(text, length);
  };
  char number[24];
  corepool::base::CopyNumber(line, number);
  show("MicroTBX: assertion failed: ");
  show(file == nullptr ? "?" : file);
  show(":");
  show(number);
  corepool::port::Halt("\n", 1);
}

}  // extern "C"

namespace corepool::microtbx {

void FailAssertion(const char* file, std::uint32_t line) {
  if (corepool_microtbx_configuration.assertions != 0) TbxAssertTrigger(file, line);
}

}  // namespace corepool::microtbx
