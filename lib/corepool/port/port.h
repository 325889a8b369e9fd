// The port of this build: picks one of the port_*.h headers by CPU. The rest of
// corepool says port::Port and knows no CPU.

#ifndef COREPOOL_PORT_PORT_H_
#define COREPOOL_PORT_PORT_H_

#include "corepool/port/port_concept.h"

#if defined(__x86_64__)
#include "corepool/port/port_x86_64.h"  // IWYU pragma: export
namespace corepool::port {
using Port = PortX86_64;
}
#elif defined(__aarch64__)
#include "corepool/port/port_aarch64.h"  // IWYU pragma: export
namespace corepool::port {
using Port = PortAArch64;
}
#else
#include "corepool/port/port_portable.h"  // IWYU pragma: export
namespace corepool::port {
using Port = PortPortable;
}
#endif

namespace corepool::port {

static_assert(PortConcept<Port>, "see port_concept.h for what is missing");

}  // namespace corepool::port

#endif  // COREPOOL_PORT_PORT_H_
