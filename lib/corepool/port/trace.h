// Tells tracers what pools do. Picks one of the trace_*.h headers; the rest of corepool
// says port::Trace.

#ifndef COREPOOL_PORT_TRACE_H_
#define COREPOOL_PORT_TRACE_H_

#include "corepool/config.h"

#if COREPOOL_TRACE
#if !__has_include(<sys/sdt.h>)
#error "COREPOOL_TRACE needs <sys/sdt.h> (Debian: systemtap-sdt-dev)"
#endif
#include "corepool/port/trace_usdt.h"
namespace corepool::port {
using Trace = UsdtTrace;
}
#else
#include "corepool/port/trace_none.h"
namespace corepool::port {
using Trace = NoTrace;
}
#endif

#endif  // COREPOOL_PORT_TRACE_H_
