// Tells memory checkers which bytes may be touched now, which they cannot see for
// themselves. Picks one of the annotate_*.h headers; the rest of corepool says
// port::Annotations.

#ifndef COREPOOL_PORT_ANNOTATE_H_
#define COREPOOL_PORT_ANNOTATE_H_

#include "corepool/config.h"

// GCC says by a macro whether it sanitizes, clang by a feature.
#if COREPOOL_ANNOTATE && defined(__SANITIZE_ADDRESS__)
#include "corepool/port/annotate_asan.h"
#elif COREPOOL_ANNOTATE && defined(__has_feature)
#if __has_feature(address_sanitizer)
#include "corepool/port/annotate_asan.h"
#endif
#endif

#if defined(COREPOOL_PORT_ANNOTATE_ASAN_H_)
namespace corepool::port {
using Annotations = AsanAnnotations;
}
#elif COREPOOL_ANNOTATE && __STDC_HOSTED__ && __has_include(<valgrind/memcheck.h>)
#include "corepool/port/annotate_valgrind.h"
namespace corepool::port {
using Annotations = ValgrindAnnotations;
}
#else
#include "corepool/port/annotate_none.h"
namespace corepool::port {
using Annotations = NoAnnotations;
}
#endif

#endif  // COREPOOL_PORT_ANNOTATE_H_
