// Handlers and hooks of C, for pools of C++.

#ifndef COREPOOL_C_INTERNAL_CALLBACKS_H_
#define COREPOOL_C_INTERNAL_CALLBACKS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/c/hooks.h"
#include "corepool/c/misuse.h"
#include "corepool/hooks.h"
#include "corepool/misuse.h"
#include "corepool/options.h"

namespace corepool::c {

// A pool's own misuse handler, kept where the pool is.
struct Misuse {
  corepool_misuse_handler_t handler = nullptr;
  void* context = nullptr;

  // What becomes of a pool's options; a handler is called as C wants it.
  template <class Options>
  void Set(Options& options, corepool_misuse_handler_t own, void* own_context) {
    handler = own;
    context = own_context;
    options.misuse_handler = own == nullptr ? nullptr : &Tell;
    options.misuse_context = own == nullptr ? own_context : this;
  }

  static void Tell(const MisuseReport& report);
};

corepool_misuse_report_t ForC(const MisuseReport& report, void* context);

// Hooks of C as C++ has them; their context is `hooks`.
PoolHooks HooksOf(const corepool_pool_hooks_t* hooks);

// A pool's hooks too.
struct Callbacks {
  Misuse misuse;
  PoolHooks hooks;
  bool has_owners = false;  // with full checking

  template <class Options, class COptions>
  void Set(Options& options, const COptions& from) {
    misuse.Set(options, from.misuse_handler, from.misuse_context);
    has_owners = options.checking == Checking::kFull;
    if (from.hooks != nullptr) hooks = HooksOf(from.hooks);
    options.hooks = from.hooks == nullptr ? nullptr : &hooks;
  }
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_CALLBACKS_H_
