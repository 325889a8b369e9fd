// The sample log that ships inside the program, so that it runs wherever the
// program is copied to.

#ifndef COREPOOL_STRESS_SAMPLES_SAMPLE_LOG_H_
#define COREPOOL_STRESS_SAMPLES_SAMPLE_LOG_H_

#include <string_view>

namespace corepool::stress {

// two_bus.candump.log; made by make_two_bus_log.py.
std::string_view SampleLog();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SAMPLES_SAMPLE_LOG_H_
