// A look at memory that is somebody else's by now.

#ifndef COREPOOL_PORT_PEEK_H_
#define COREPOOL_PORT_PEEK_H_

namespace corepool::port {

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__)
inline constexpr bool kCanPeek = true;
#else
inline constexpr bool kCanPeek = false;
#endif

// The pointer at `address`, or whatever is being written there meanwhile, by one
// instruction: an access of C++ would race with the writer. Who calls this has to find
// out that nobody wrote before he believes what he got. Ordered as a relaxed load.
// Null where kCanPeek is false. `address` is aligned to 4 bytes; any context.
inline const void* Peek(const void* address) noexcept {
  using Bytes = const char[sizeof(void*)];
  [[maybe_unused]] Bytes& bytes = *static_cast<Bytes*>(address);
  const void* value = nullptr;
#if defined(__x86_64__) || defined(__i386__)
  asm volatile("mov %1, %0" : "=r"(value) : "m"(bytes));
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("ldr %0, %1" : "=r"(value) : "Q"(bytes));
#endif
  return value;
}

}  // namespace corepool::port

#endif  // COREPOOL_PORT_PEEK_H_
