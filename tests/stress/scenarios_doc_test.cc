// Proves that docs/stress_scenarios.md has a section for each scenario, in order, which
// names the sabotages that the scenario must catch, and that it explains all of them.

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/scenarios/scenario.h"

namespace corepool::stress {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::string Document() {
  std::ifstream file("docs/stress_scenarios.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// By heading, up to the next.
std::vector<std::pair<std::string, std::string>> Sections() {
  std::vector<std::pair<std::string, std::string>> sections;
  for (const absl::string_view line : absl::StrSplit(Document(), '\n')) {
    if (absl::StartsWith(line, "## ")) {
      sections.emplace_back(std::string(line.substr(3)), "");
    } else if (!sections.empty()) {
      absl::StrAppend(&sections.back().second, line, "\n");
    }
  }
  return sections;
}

TEST(TheDocument, HasASectionForEachScenarioInOrder) {
  std::vector<std::string> documented;
  for (const auto& section : Sections()) documented.push_back(section.first);
  std::vector<std::string> there_are;
  for (const Scenario& scenario : AllScenarios()) {
    there_are.emplace_back(scenario.name);
  }
  EXPECT_THAT(documented, ElementsAreArray(there_are));
}

TEST(TheDocument, NamesWhatEachScenarioMustCatchAndExplainsIt) {
  const std::string text = Document();
  std::map<std::string, std::string> sections;
  for (const auto& [name, section] : Sections()) sections[name] = section;
  for (const Scenario& scenario : AllScenarios()) {
    std::string expected = "Must catch: ";
    const std::vector<std::string> kinds =
        absl::StrSplit(std::string(scenario.must_catch), ' ');
    for (const std::string& kind : kinds) {
      absl::StrAppend(&expected, "`", kind, "`", kind == kinds.back() ? "." : ", ");
      EXPECT_THAT(text, HasSubstr(absl::StrCat("\n| `", kind, "` | ")));
    }
    EXPECT_THAT(sections[std::string(scenario.name)], HasSubstr(expected))
        << scenario.name;
  }
}

}  // namespace
}  // namespace corepool::stress
