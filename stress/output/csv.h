// Latencies as a table for spreadsheets.

#ifndef COREPOOL_STRESS_OUTPUT_CSV_H_
#define COREPOOL_STRESS_OUTPUT_CSV_H_

#include <string>

#include "stress/run_record.h"

namespace corepool::stress {

// By RFC 4180, but lines end with \n. A header, then a row for each operation of each
// scenario: of all cores together (`cpu` empty), with open loops a second one for
// `response`, then one for each core. A scenario that measured no latency has one row
// with empty cells.
std::string RecordAsCsv(const RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_CSV_H_
