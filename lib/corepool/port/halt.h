// The end of the line after misuse that no handler took care of.

#ifndef COREPOOL_PORT_HALT_H_
#define COREPOOL_PORT_HALT_H_

#include <cstddef>

namespace corepool::port {

// Shows `length` bytes of text, if there is anywhere to show them, and does not
// return. With an operating system: one write to standard error, then abort().
// Without: a trap instruction, `text` being in a register for the debugger.
// Async-signal-safe.
[[noreturn]] void Halt(const char* text, std::size_t length) noexcept;

// Shows the text in the same way, and returns. Without an operating system, nothing.
void Show(const char* text, std::size_t length) noexcept;

}  // namespace corepool::port

#endif  // COREPOOL_PORT_HALT_H_
