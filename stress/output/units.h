// Figures as people read them.

#ifndef COREPOOL_STRESS_OUTPUT_UNITS_H_
#define COREPOOL_STRESS_OUTPUT_UNITS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "stress/exit_code.h"
#include "stress/run_record.h"

namespace corepool::stress {

double Seconds(std::int64_t nanoseconds);
// 0 for no time at all.
double PerSecond(std::uint64_t count, std::int64_t nanoseconds);

// "870 ns", "1.25 us", "13.0 ms", "1.20 s", "90.0 s".
std::string TimeText(double nanoseconds);
// "950", "12.3k", "4.56M", "10.0G".
std::string CountText(double count);
// The same of round numbers: "5 us", "20k".
std::string TimeLabel(double nanoseconds);
std::string CountLabel(double count);
// "1'234'567".
std::string Grouped(std::uint64_t count);
// "62.5 MB/s" of 62.5e6 and "B/s", "3" of 3 and "": any figure with its unit.
std::string FigureText(const Figure& figure);

// "PASS", "FAIL", "LEAK", "SLOW", "NONE", "STOP": what an exit code means, in a word.
const char* VerdictWord(ExitCode code);
// The same in half a sentence.
const char* VerdictText(ExitCode code);

// As Verdict, of one scenario; a skipped one passes.
ExitCode VerdictOf(const ScenarioRecord& scenario);

// The names of scenarios, or of one's operations; of those that have the same, the
// second and further ones get "#2", "#3", ...
std::vector<std::string> UniqueNames(const RunRecord& run);
std::vector<std::string> UniqueOperations(const ScenarioRecord& scenario);

// "correctness", "leak", "gate", "resource".
const char* KindName(Check::Kind kind);

// The value of a setting, or "".
std::string SettingOf(const Settings& settings, const std::string& name);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_UNITS_H_
