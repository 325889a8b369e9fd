// Records of runs that never were, for tests of what is made of records.

#ifndef COREPOOL_TESTS_STRESS_MADE_UP_RECORD_H_
#define COREPOOL_TESTS_STRESS_MADE_UP_RECORD_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "stress/run_record.h"

namespace corepool::stress {

// `samples` latencies of a log-normal kind with a tail, spread over `cores` cores and
// `seconds`; with `open_loop` they have waited as well.
inline LatencyRecord MadeUpLatency(const std::string& operation, int samples, int cores,
                                   double seconds, bool open_loop, unsigned seed) {
  std::mt19937_64 random(seed);
  LatencyRecord record;
  record.operation = operation;
  for (int core = 0; core < cores; ++core) record.per_core.push_back({core, {}});
  std::lognormal_distribution<double> usual(4 + 0.1 * (seed % 7), 0.35);
  std::int64_t slowest = -1;
  for (int i = 0; i < samples; ++i) {
    double latency = usual(random);
    if (random() % 1000 == 0) latency *= 20;
    if (random() % 100'000 == 0) latency *= 300;
    const auto service = static_cast<std::int64_t>(latency);
    const auto at = static_cast<std::int64_t>(seconds * 1e9 / samples * i);
    const std::int64_t response =
        service + static_cast<std::int64_t>(random() % 50 == 0 ? 5 * latency : 3);
    record.service.Record(service);
    if (open_loop) record.response.Record(response);
    if (cores > 0) {
      record.per_core[static_cast<std::size_t>(i % cores)].service.Record(service);
    }
    const std::int64_t seen = open_loop ? response : service;
    record.heat.Record(at, seen);
    if (seen > slowest) {
      slowest = seen;
      record.slowest_at_ns = at;
      record.slowest_thread = cores > 0 ? i % cores : 0;
    }
  }
  return record;
}

inline ScenarioRecord MadeUpScenario(const std::string& name, int samples, int cores,
                                     double seconds, bool open_loop, unsigned seed) {
  ScenarioRecord scenario;
  scenario.name = name;
  scenario.summary = "all threads allocate and free blocks of one small pool at once";
  scenario.config = {{"threads", std::to_string(cores)},
                     {"pool_blocks", "64"},
                     {"rate", open_loop ? "250000" : "0"}};
  scenario.elapsed_ns = static_cast<std::int64_t>(seconds * 1e9);
  scenario.operations = static_cast<std::uint64_t>(samples) * 2;
  scenario.failures = static_cast<std::uint64_t>(samples) / 1000;
  scenario.latencies.push_back(
      MadeUpLatency("allocate", samples, cores, seconds, open_loop, seed));
  scenario.latencies.push_back(
      MadeUpLatency("free", samples, cores, seconds, open_loop, seed + 3));
  PoolRecord pool;
  pool.name = "pool";
  pool.stats = {.capacity = 64,
                .free = 64,
                .used = 0,
                .peak = 63,
                .block_size = 96,
                .stride = 128,
                .cores = 2,
                .magazine_size = 8,
                .bookkeeping_bytes = 4096,
                .allocations = static_cast<std::uint64_t>(samples),
                .frees = static_cast<std::uint64_t>(samples),
                .failures = 17,
                .misuses = 0,
                .steals = 4,
                .withheld = 0,
                .tag_bits = 42,
                .exact = true};
  for (int i = 0; samples > 0 && i < 2000; ++i) {
    pool.occupancy.Sample(
        static_cast<std::int64_t>(seconds * 1e9 / 2000 * i),
        static_cast<std::uint64_t>(32 + 30 * std::sin(i / 90.0) + i % 2));
  }
  scenario.pools.push_back(std::move(pool));
  scenario.checks = {
      {Check::Kind::kCorrectness, "blocks handed out twice", 0, "2000000 looked at"},
      {Check::Kind::kLeak, "blocks not given back", 0, ""}};
  scenario.figures = {{"threads born", 1234, ""}, {"spread", 62.5e6, "B/s"}};
  return scenario;
}

inline RunRecord MadeUpRun(int scenarios, int samples, int cores, double seconds,
                           bool open_loop = false) {
  static const char* const kNames[] = {
      "aba_storm",  "far_free",   "isr_storm",         "churn_threads", "fork_storm",
      "burst",      "exhaustion", "quad_churn",        "oversubscribe", "queue_wrap",
      "wait_storm", "growth",     "priority_inversion"};
  RunRecord run;
  run.command = "run";
  run.tool = {{"version", "0.1.0"},
              {"compiler", "gcc 12.2.0"},
              {"build", "optimized"},
              {"sanitizer", "none"},
              {"sabotage", "none"}};
  run.host = {{"cpu", "An <Imaginary> CPU & \"friends\""},
              {"cores_usable", "2"},
              {"smt", "false"},
              {"governor", "performance"},
              {"hypervisor", "false"},
              {"kernel", "Linux 6.1.0"}};
  run.config = {{"seed", "7"}, {"pin", "spread"}, {"rt_prio", "0"}, {"mlock", "false"}};
  run.started = "2026-05-04T03:02:01Z";
  run.timer_overhead_ns = 21;
  run.timer_resolution_ns = 1;
  for (int i = 0; i < scenarios; ++i) {
    run.scenarios.push_back(MadeUpScenario(kNames[i % 13], samples, cores, seconds,
                                           open_loop, static_cast<unsigned>(i) * 17));
    run.scenarios.back().began_ns = run.elapsed_ns;
    run.elapsed_ns += run.scenarios.back().elapsed_ns;
  }
  return run;
}

}  // namespace corepool::stress

#endif  // COREPOOL_TESTS_STRESS_MADE_UP_RECORD_H_
