#include "stress/list_command.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/output/output_file.h"
#include "stress/outputs.h"
#include "stress/scenarios/scenario.h"
#include "stress/session.h"

namespace corepool::stress {
namespace {

std::string AsText(const std::vector<Scenario>& scenarios) {
  std::string text;
  for (const Scenario& scenario : scenarios) {
    absl::StrAppendFormat(&text, "%-19s %s\n", std::string(scenario.name),
                          std::string(scenario.summary));
    absl::StrAppendFormat(&text, "%-19s must catch: %s\n", "",
                          std::string(scenario.must_catch));
    if (!scenario.ignores.empty()) {
      absl::StrAppendFormat(&text, "%-19s ignores: %s\n", "",
                            std::string(scenario.ignores));
    }
  }
  return text;
}

std::string AsJson(const std::vector<Scenario>& scenarios) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Scenario& scenario : scenarios) {
    json.push_back({{"name", scenario.name},
                    {"summary", scenario.summary},
                    {"must_catch", scenario.must_catch},
                    {"ignores", scenario.ignores}});
  }
  return nlohmann::ordered_json{{"schema_version", 1}, {"scenarios", json}}.dump(2) +
         "\n";
}

}  // namespace

std::string_view ListHelp() {
  return R"(list [SCENARIO...]: what scenarios there are, which sabotage of the pool each must
  catch, and which flags of the load it ignores.

  --json=FILE          the same for programs; - for standard output
)";
}

ExitCode RunList(const std::vector<std::string>& names) {
  const absl::StatusOr<std::vector<Scenario>> scenarios = ScenariosNamed(names);
  if (!scenarios.ok()) return Fail(kUsage, scenarios.status().message());
  const OutputFile json("--json", absl::GetFlag(FLAGS_json));
  absl::Status status;
  if (json.wanted()) {
    status = json.Try({});
    if (!status.ok()) return Fail(kUsage, status.message());
    status = json.Write(AsJson(*scenarios));
  }
  if (!json.to_stdout()) status.Update(WriteToStdout(AsText(*scenarios)));
  return status.ok() ? kPass : Fail(kResource, status.message());
}

}  // namespace corepool::stress
