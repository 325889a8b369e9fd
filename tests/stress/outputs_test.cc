#include "stress/outputs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/exit_code.h"
#include "stress/output/output_file.h"
#include "stress/run_record.h"
#include "tests/stress/made_up_record.h"

ABSL_DECLARE_FLAG(std::string, csv);
ABSL_DECLARE_FLAG(std::string, hgrm);

namespace corepool::stress {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TextOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// An empty folder for each test.
class OutputFiles : public ::testing::Test {
 protected:
  OutputFiles() : folder_(fs::path(::testing::TempDir()) / "output_files") {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  absl::FlagSaver saver_;

 private:
  fs::path folder_;
};

TEST_F(OutputFiles, AreTriedWithoutATrace) {
  const OutputFile fresh("--json", Path("new.json"));
  EXPECT_TRUE(fresh.Try({}).ok());
  EXPECT_THAT(Names(), ElementsAre());
  std::ofstream(Path("old.json")) << "old";
  EXPECT_TRUE(OutputFile("--json", Path("old.json")).Try({}).ok());
  EXPECT_EQ(TextOf(Path("old.json")), "old");
}

TEST_F(OutputFiles, AreReplacedAsAWhole) {
  std::ofstream(Path("old.json")) << "what was there";
  chmod(Path("old.json").c_str(), 0640);
  fs::create_symlink("old.json", Path("link.json"));
  ASSERT_TRUE(OutputFile("--json", Path("link.json")).Write("new").ok());
  EXPECT_EQ(TextOf(Path("old.json")), "new");
  EXPECT_TRUE(fs::is_symlink(Path("link.json")));
  struct stat status = {};
  ASSERT_EQ(stat(Path("old.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
  EXPECT_THAT(Names(), ElementsAre("link.json", "old.json"));
}

TEST_F(OutputFiles, ThatCannotBeWrittenAreNamedBeforehand) {
  const auto why = [&](const std::string& name) {
    return std::string(OutputFile("--html", name).Try({Path("in.json")}).message());
  };
  EXPECT_EQ(why(Path("no/such/folder")), "--html=" + Path("no/such/folder") +
                                             " cannot be written: No such file or "
                                             "directory");
  EXPECT_THAT(why(Path("")), HasSubstr("Is a directory"));
  std::ofstream(Path("in.json")) << "input";
  EXPECT_THAT(why(Path("in.json")), HasSubstr("is an input file"));
  fs::create_symlink("in.json", Path("alias"));
  EXPECT_THAT(why(Path("alias")), HasSubstr("is an input file"));
  EXPECT_EQ(why("-"), "");
  EXPECT_EQ(why("/dev/full"), "") << "only known when it is full";
}

TEST_F(OutputFiles, OnAFullDiskLeaveNothing) {
  const absl::Status status = OutputFile("--csv", "/dev/full").Write("text");
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(status.message(),
            "--csv=/dev/full cannot be written: No space left on device");
}

TEST_F(OutputFiles, BesideKeepTheirEnding) {
  EXPECT_EQ(OutputFile("--hgrm", "a/run.hgrm").Beside("x.y").name(), "a/run.x.y.hgrm");
  EXPECT_EQ(OutputFile("--hgrm", "run").Beside("x").name(), "run.x");
}

TEST_F(OutputFiles, OfOneNameAreRefused) {
  absl::SetFlag(&FLAGS_json, Path("x"));
  absl::SetFlag(&FLAGS_csv, Path("./x"));
  EXPECT_THAT(Outputs::FromFlags({}).status().message(),
              HasSubstr("--json and --csv both write to"));
  absl::SetFlag(&FLAGS_json, "-");
  absl::SetFlag(&FLAGS_csv, "-");
  EXPECT_THAT(Outputs::FromFlags({}).status().message(), HasSubstr("standard output"));
}

TEST_F(OutputFiles, OfOperationsStandBesideTheOneOfAll) {
  absl::SetFlag(&FLAGS_hgrm, Path("run.hgrm"));
  const auto outputs = Outputs::FromFlags({});
  ASSERT_TRUE(outputs.ok());
  ASSERT_TRUE(outputs->Write(MadeUpRun(1, 10, 1, 1), "table\n").ok());
  EXPECT_THAT(Names(), ElementsAre("run.aba_storm.allocate.hgrm",
                                   "run.aba_storm.free.hgrm", "run.hgrm"));
}

TEST_F(OutputFiles, ThatFailDoNotHideTheVerdict) {
  absl::SetFlag(&FLAGS_csv, "/dev/full");
  absl::SetFlag(&FLAGS_json, Path("still.json"));
  const auto outputs = Outputs::FromFlags({});
  ASSERT_TRUE(outputs.ok());
  RunRecord run = MadeUpRun(1, 10, 1, 1);
  EXPECT_EQ(outputs->Finish(run), kResource);
  EXPECT_THAT(Names(), ElementsAre("still.json"));
  run.scenarios[0].checks[0].violations = 1;
  EXPECT_EQ(outputs->Finish(run), kIncorrect);
}

}  // namespace
}  // namespace corepool::stress
