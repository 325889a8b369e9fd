// A run as one file for browsers: tables, and plots as inline SVG.

#ifndef COREPOOL_STRESS_OUTPUT_HTML_H_
#define COREPOOL_STRESS_OUTPUT_HTML_H_

#include <string>

#include "stress/run_record.h"

namespace corepool::stress {

// Nothing is fetched and no script runs. Light or dark as the browser prefers, light in
// print. A run of all scenarios has less than 2 MB.
std::string RecordAsHtml(const RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_HTML_H_
