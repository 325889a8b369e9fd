// The cores of this build: port::Cores. Tests put cores of their own here.

#ifndef COREPOOL_PORT_CORES_H_
#define COREPOOL_PORT_CORES_H_

#include "corepool/config.h"
#include "corepool/port/cores_concept.h"
#include COREPOOL_CORES_HEADER  // IWYU pragma: export

namespace corepool::port {

static_assert(CoresConcept<Cores>, "see cores_concept.h for what is missing");

}  // namespace corepool::port

#endif  // COREPOOL_PORT_CORES_H_
