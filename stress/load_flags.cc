#include "stress/load_flags.h"

#include <sched.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "corepool/options.h"
#include "stress/load_options.h"
#include "stress/quantity.h"
#include "stress/run_record.h"

ABSL_FLAG(int, threads, 0, "threads of each kind; 0: the scenario's choice");
ABSL_FLAG(int, producers, 0, "threads that allocate; 0: the scenario's choice");
ABSL_FLAG(int, consumers, 0, "threads that free; 0: the scenario's choice");
ABSL_FLAG(std::string, pin, "spread", "CPUs for threads: spread, none, or 0,2-3");
ABSL_FLAG(int, rt_prio, 0, "priority of SCHED_FIFO; 0: as the program was started");
ABSL_FLAG(std::optional<std::uint64_t>, pool_blocks, std::nullopt,
          "blocks in the pool; unset: the command's choice");
ABSL_FLAG(std::uint64_t, block_size, 0, "bytes in a block; 0: the command's choice");
ABSL_FLAG(std::uint64_t, bulk, 1, "blocks a call");
ABSL_FLAG(std::string, caching, "automatic", "automatic, rseq, cas or none");
ABSL_FLAG(std::string, checking, "basic", "off, basic, strict or full");
ABSL_FLAG(bool, prefault, false, "touch the pool's memory before the run");
ABSL_FLAG(bool, mlock, false, "keep all memory from being paged out");
ABSL_FLAG(std::string, rate, "0",
          "operations a second of all threads together, such as 250k; 0: as many as "
          "they can");
ABSL_FLAG(std::string, arrival, "fixed", "with --rate: fixed or poisson");
ABSL_FLAG(std::uint64_t, seed, 1, "of all that is random");

namespace corepool::stress {
namespace {

constexpr int kMostThreads = 1024;

constexpr std::pair<Caching, std::string_view> kCachings[] = {
    {Caching::kAutomatic, "automatic"},
    {Caching::kRseq, "rseq"},
    {Caching::kCas, "cas"},
    {Caching::kNone, "none"}};
constexpr std::pair<Checking, std::string_view> kCheckings[] = {
    {Checking::kOff, "off"},
    {Checking::kBasic, "basic"},
    {Checking::kStrict, "strict"},
    {Checking::kFull, "full"}};
constexpr std::pair<Arrival, std::string_view> kArrivals[] = {
    {Arrival::kFixed, "fixed"}, {Arrival::kPoisson, "poisson"}};

template <class Value>
using Names = std::span<const std::pair<Value, std::string_view>>;

template <class Value>
std::string_view NameOf(Names<Value> names, Value value) {
  for (const auto& [named, name] : names) {
    if (named == value) return name;
  }
  return "unknown";
}

template <class Value>
absl::Status ParseName(const std::string& flag, Names<Value> names,
                       const std::string& text, Value& value) {
  std::vector<std::string> all;
  for (const auto& [named, name] : names) {
    if (name == text) {
      value = named;
      return absl::OkStatus();
    }
    all.emplace_back(name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, "=", text, " is none of: ", absl::StrJoin(all, ", ")));
}

absl::Status ParseCount(const std::string& flag, int value, int most) {
  if (value >= 0 && value <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, "=", value, " is not between 0 and ", most));
}

absl::Status ParseRate(const std::string& text, double& rate) {
  constexpr double kFastest = 1e9;
  if (ParseQuantity(text, rate) && rate <= kFastest) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--rate=", text, " is not a number of operations a second up to 1000M"));
}

}  // namespace

absl::StatusOr<Pinning> ParsePinning(const std::string& text) {
  Pinning pin;
  if (text == "spread") return pin;
  pin.kind = text == "none" ? Pinning::Kind::kNone : Pinning::Kind::kList;
  if (text == "none") return pin;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<std::string> ends = absl::StrSplit(part, '-');
    int first = 0;
    int last = 0;
    if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &first) ||
        !absl::SimpleAtoi(ends.back(), &last) || first < 0 || last < first ||
        last >= CPU_SETSIZE) {
      return absl::InvalidArgumentError(
          absl::StrCat("--pin=", text,
                       " is neither spread nor none nor a list of CPUs such as 0,2-3"));
    }
    for (int cpu = first; cpu <= last; ++cpu) pin.cpus.push_back(cpu);
  }
  return pin;
}

std::string PinningText(const Pinning& pin) {
  switch (pin.kind) {
    case Pinning::Kind::kSpread: return "spread";
    case Pinning::Kind::kNone: return "none";
    case Pinning::Kind::kList: break;
  }
  return absl::StrJoin(pin.cpus, ",");
}

std::string_view CachingText(Caching caching) {
  return NameOf<Caching>(kCachings, caching);
}
std::string_view CheckingText(Checking checking) {
  return NameOf<Checking>(kCheckings, checking);
}

absl::StatusOr<LoadOptions> LoadFromFlags() {
  LoadOptions load;
  absl::Status status;
  for (const auto& [flag, value] : {std::pair{"threads", absl::GetFlag(FLAGS_threads)},
                                    {"producers", absl::GetFlag(FLAGS_producers)},
                                    {"consumers", absl::GetFlag(FLAGS_consumers)}}) {
    status.Update(ParseCount(flag, value, kMostThreads));
  }
  load.threads = absl::GetFlag(FLAGS_threads);
  load.producers = absl::GetFlag(FLAGS_producers);
  load.consumers = absl::GetFlag(FLAGS_consumers);
  absl::StatusOr<Pinning> pin = ParsePinning(absl::GetFlag(FLAGS_pin));
  status.Update(pin.status());
  if (pin.ok()) load.pin = *std::move(pin);
  load.rt_priority = absl::GetFlag(FLAGS_rt_prio);
  status.Update(ParseCount("rt_prio", load.rt_priority, 99));
  load.pool_blocks = absl::GetFlag(FLAGS_pool_blocks).value_or(0);
  load.block_size = absl::GetFlag(FLAGS_block_size);
  load.bulk = absl::GetFlag(FLAGS_bulk);
  if (load.bulk == 0 || load.bulk > 1024) {
    status.Update(absl::InvalidArgumentError(
        absl::StrCat("--bulk=", load.bulk, " is not between 1 and 1024")));
  }
  status.Update(ParseName<Caching>("caching", kCachings, absl::GetFlag(FLAGS_caching),
                                   load.caching));
  status.Update(ParseName<Checking>("checking", kCheckings,
                                    absl::GetFlag(FLAGS_checking), load.checking));
  load.prefault = absl::GetFlag(FLAGS_prefault);
  load.lock_memory = absl::GetFlag(FLAGS_mlock);
  status.Update(ParseRate(absl::GetFlag(FLAGS_rate), load.rate));
  status.Update(ParseName<Arrival>("arrival", kArrivals, absl::GetFlag(FLAGS_arrival),
                                   load.arrival));
  load.seed = absl::GetFlag(FLAGS_seed);
  if (!status.ok()) return status;
  return load;
}

Settings LoadSettings(const LoadOptions& load) {
  const auto text = [](std::string_view name) { return std::string(name); };
  return {{"threads", absl::StrCat(load.threads)},
          {"producers", absl::StrCat(load.producers)},
          {"consumers", absl::StrCat(load.consumers)},
          {"pin", PinningText(load.pin)},
          {"rt_prio", absl::StrCat(load.rt_priority)},
          {"pool_blocks", absl::StrCat(load.pool_blocks)},
          {"block_size", absl::StrCat(load.block_size)},
          {"bulk", absl::StrCat(load.bulk)},
          {"caching", text(CachingText(load.caching))},
          {"checking", text(CheckingText(load.checking))},
          {"prefault", load.prefault ? "true" : "false"},
          {"mlock", load.lock_memory ? "true" : "false"},
          {"rate", absl::StrCat(load.rate)},
          {"arrival", text(NameOf<Arrival>(kArrivals, load.arrival))},
          {"seed", absl::StrCat(load.seed)}};
}

std::string LoadArguments(const LoadOptions& load) {
  const Settings defaults = LoadSettings({});
  const Settings settings = LoadSettings(load);
  std::string arguments;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (settings[i] == defaults[i]) continue;
    absl::StrAppend(&arguments, "--", settings[i].first, "=", settings[i].second, " ");
  }
  return arguments;
}

std::string_view LoadHelp() {
  return R"(  --threads=0 --producers=0 --consumers=0
                       how many; 0: the scenario's choice
  --pin=spread         spread: thread i on the i-th CPU, and round again; none; or a
                       list of CPUs such as 0,2-3
  --rt_prio=0          SCHED_FIFO priority of the threads, 1-99
  --pool_blocks, --block_size
                       of the pool; 0: the scenario's choice
  --bulk=1             blocks a call
  --caching=automatic|rseq|cas|none
  --checking=off|basic|strict|full
                       as PoolOptions has them; basic is the default
  --prefault, --mlock  touch the pool's memory first; lock all memory
  --rate=0             operations a second of all threads together (250k, 1.5M), due
                       whether or not the last has ended; latencies then count from
                       when they were due. 0: each follows the last
  --arrival=fixed|poisson
                       how operations of --rate are spread over time
  --seed=1             the same seed makes the same requests
)";
}

}  // namespace corepool::stress
