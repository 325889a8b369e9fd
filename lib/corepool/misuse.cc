#include "corepool/misuse.h"

#include <cstddef>
#include <cstdint>

#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/halt.h"

namespace corepool {
namespace {

// nullptr: the default.
constinit lockfree::Atomic<MisuseHandler> process_wide{nullptr};

// A line of text put together without a library: the default handler must work
// in an interrupt handler and without an operating system.
class Line {
 public:
  // At most `most` characters of it.
  Line& Text(const char* text, std::size_t most = sizeof(text_)) {
    while (*text != '\0' && most-- > 0) Append(*text++);
    return *this;
  }

  Line& Number(std::uintptr_t value, std::uintptr_t base) {
    char digits[sizeof(value) * 3];
    std::size_t length = 0;
    do {
      digits[length++] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (length > 0) Append(digits[--length]);
    return *this;
  }

  // All sixteen digits.
  Line& Bytes(std::uint64_t bytes) {
    Text("0x");
    for (int shift = 60; shift >= 0; shift -= 4) {
      Append("0123456789abcdef"[bytes >> shift & 0xf]);
    }
    return *this;
  }

  Line& Address(const void* address) {
    return Text("0x").Number(reinterpret_cast<std::uintptr_t>(address), 16);
  }

  void Show() { port::Show(text_, length_); }
  [[noreturn]] void Halt() { port::Halt(text_, length_); }

 private:
  void Append(char character) {
    if (length_ < sizeof(text_)) text_[length_++] = character;
  }

  // All of the longest report, but for the end of a long name.
  char text_[320];
  std::size_t length_ = 0;
};

void Show(const MisuseReport& report) {
  Line line;
  line.Text("corepool: ").Text(ErrorName(report.kind)).Text(": ");
  line.Address(report.block);
  if (report.index != kNoIndex) {
    line.Text(", block ").Number(report.index, 10).Text(",");
  }
  if (report.offset != kNoIndex) {
    line.Text(" byte ").Number(report.offset, 10).Text(": found ").Bytes(report.found);
    line.Text(" for ").Bytes(report.expected).Text(",");
  }
  constexpr std::size_t kMostOfName = 64;
  line.Text(" in pool '").Text(report.pool_name, kMostOfName).Text("' at ");
  line.Address(report.pool).Text(", core ").Number(report.core, 10);
  if (report.owner != 0) line.Text(", owner 0x").Number(report.owner, 16);
  line.Text("\n");
  if (report.kind == Error::kLeak) {
    line.Show();
  } else {
    line.Halt();
  }
}

}  // namespace

MisuseHandler SetMisuseHandler(MisuseHandler handler) {
  // E6. Release pairs with: acquire in ReportMisuse (what the handler uses was set up
  // before). Acquire pairs with: release of the SetMisuseHandler before.
  return process_wide.exchange(handler, lockfree::kAcqRel);
}

void ReportMisuse(const MisuseReport& report, MisuseHandler own) {
  // Pairs with: E6 release in SetMisuseHandler.
  if (own == nullptr) own = process_wide.load(lockfree::kAcquire);
  if (own == nullptr) own = &Show;
  own(report);
}

}  // namespace corepool
