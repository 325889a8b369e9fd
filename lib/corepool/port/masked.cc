#include "corepool/port/masked.h"

#if __STDC_HOSTED__ && defined(__unix__)
#include <pthread.h>
#include <signal.h>

#include <new>
#endif

namespace corepool::port {

#if __STDC_HOSTED__ && defined(__unix__)

Masked::Masked() noexcept {
  static_assert(sizeof(sigset_t) <= sizeof(before_));
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, ::new (static_cast<void*>(before_)) sigset_t);
}

Masked::~Masked() {
  pthread_sigmask(SIG_SETMASK, std::launder(reinterpret_cast<sigset_t*>(before_)),
                  nullptr);
}

#else

Masked::Masked() noexcept = default;
Masked::~Masked() = default;

#endif

}  // namespace corepool::port
