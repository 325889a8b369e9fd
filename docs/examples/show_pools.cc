// The example of docs/observing.md.

#include <cstdint>
#include <cstdio>
#include <string>

#include "corepool/hosted/exporters.h"
#include "corepool/registry.h"
#include "corepool/static_pool.h"

// [observing]
struct Frame {
  std::uint32_t id;
  std::uint8_t data[8];
};

constinit corepool::StaticPool<Frame, 64> frames;
corepool::RegistryEntry frames_entry("can frames", frames);  // from before main() on

// In a debugger's console, a fault handler or an interrupt handler: no memory, no lock.
bool AnyPoolIsExhausted() {
  corepool::RegistryCursor cursor;
  corepool::PoolInfo info;
  while (corepool::NextPool(cursor, info)) {
    if (info.stats.free == 0 && info.stats.capacity > 0) return true;
  }
  return false;
}

// For http://localhost/metrics.
std::string Metrics() { return corepool::hosted::RegistryAsPrometheus(); }
// [observing]

int main() {
  Frame* const frame = frames.Allocate();
  std::fputs(corepool::hosted::RegistryAsText().c_str(), stdout);
  std::fputs(corepool::hosted::RegistryAsJson().c_str(), stdout);
  corepool::PoolInfo info;
  const bool good = corepool::FindPool("can frames", info) && info.stats.used == 1 &&
                    !AnyPoolIsExhausted() && !Metrics().empty();
  frames.Free(frame);
  return good ? 0 : 1;
}
