// Holding off what may interrupt the calling context.

#ifndef COREPOOL_PORT_MASKED_H_
#define COREPOOL_PORT_MASKED_H_

#include <cstddef>

namespace corepool::port {

// While it lives no signal handler runs in this thread, so that one may wait for a lock
// which this thread might hold. For what may block, never on paths that are lock-free.
// They nest. Without an operating system it does nothing: there interrupt handlers
// must not call what waits.
class Masked {
 public:
  Masked() noexcept;
  ~Masked();
  Masked(const Masked&) = delete;
  Masked& operator=(const Masked&) = delete;

 private:
  // The system's set of signals, which this header does not know.
  [[maybe_unused]] alignas(std::max_align_t) std::byte before_[128];
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_MASKED_H_
