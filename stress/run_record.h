// What a run of the program measured and proved: the one thing that the scenarios make
// and that all reports (table, JSON, HTML, ...) are made of.

#ifndef COREPOOL_STRESS_RUN_RECORD_H_
#define COREPOOL_STRESS_RUN_RECORD_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "corepool/stats.h"
#include "stress/exit_code.h"
#include "stress/heat_map.h"
#include "stress/latency_histogram.h"
#include "stress/occupancy_track.h"

namespace corepool::stress {

// Names and values, in the order in which they are shown.
using Settings = std::vector<std::pair<std::string, std::string>>;

// One operation's latencies, of all threads.
struct LatencyRecord {
  struct Core {
    int cpu;  // that the threads were pinned to; -1: not pinned
    LatencyHistogram service;
  };

  std::string operation;       // allocate, free, handover, enqueue, dequeue, wait, ...
  LatencyHistogram service;    // from the call to its return
  LatencyHistogram response;   // from when it was due by --rate; empty in a closed loop
  std::vector<Core> per_core;  // of `service`, by ascending cpu
  HeatMap heat;                // of `response` where there is any, else of `service`
  std::int64_t slowest_at_ns = 0;  // when the slowest began, since the scenario did
  int slowest_thread = -1;
};

// A promise and how often it was found broken.
struct Check {
  enum class Kind : std::uint8_t {
    kCorrectness,  // something lost, doubled, damaged: ExitCode kIncorrect
    kLeak,         // not given back: kLeak
    kGate,         // slower than the user's gate: kGateMissed
    kResource,     // could not be tried at all: kResource
  };
  Kind kind = Kind::kCorrectness;
  std::string name;              // "blocks handed out twice"
  std::uint64_t violations = 0;  // 0: kept
  std::string detail;            // of the first violation, or what was looked at
};

struct PoolRecord {
  std::string name;
  PoolStats stats{};  // at the end, after everything was freed
  OccupancyTrack occupancy;
};

// A number of a scenario's own.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
};

struct ScenarioRecord {
  std::string name;
  std::string summary;        // one line, for people
  std::string skipped;        // why it cannot be had here; then nothing else counts
  Settings config;            // as it was used, defaults filled in
  std::int64_t began_ns = 0;  // since the run began
  std::int64_t elapsed_ns = 0;
  std::uint64_t operations = 0;  // allocations and frees, or what `figures` tell
  std::uint64_t failures = 0;    // requests that found no block, rightly
  std::vector<LatencyRecord> latencies;
  std::vector<PoolRecord> pools;
  std::vector<Check> checks;
  std::vector<std::string> leaks;  // a line for each leaked block, the first few
  std::vector<Figure> figures;
};

struct RunRecord {
  std::string command;  // run, replay, soak
  Settings tool;        // version, compiler, build, sanitizer, sabotage
  Settings host;        // cpu, cores, kernel, governor, ...
  Settings config;      // every flag, the seed among them
  std::string started;  // RFC 3339, UTC
  std::int64_t elapsed_ns = 0;
  std::int64_t timer_overhead_ns = 0;    // part of every latency
  std::int64_t timer_resolution_ns = 0;  // smallest step seen
  bool interrupted = false;              // by Ctrl-C: what follows is what there was
  std::vector<std::string> warnings;     // why figures may not be trustworthy
  std::vector<ScenarioRecord> scenarios;
  std::vector<Check> gates;
  // What a command has to tell programs besides: a JSON object, `results` in --json.
  std::string results_json;
};

// The gravest of what was found: kIncorrect, kLeak, kGateMissed, kResource,
// kInterrupted, kPass, in this order.
ExitCode Verdict(const RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_RUN_RECORD_H_
