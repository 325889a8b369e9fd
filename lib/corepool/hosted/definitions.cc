#include "corepool/hosted/definitions.h"

#include <charconv>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/hosted/owned_quad_pool.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"

namespace corepool::hosted {
namespace {

QuadPoolOptions OptionsOf(const QuadPoolDefinition& definition) {
  return {.min_block_size = definition.min_block_size,
          .max_block_size = definition.max_block_size,
          .block_count = definition.block_count,
          .name = definition.name.c_str()};
}

PoolOptions OptionsOf(const FixedPoolDefinition& definition) {
  return {.block_size = definition.block_size,
          .block_count = definition.block_count,
          .name = definition.name.c_str()};
}

// A word of the text as it may stand in a message.
std::string Quote(absl::string_view word) {
  constexpr std::size_t kMostCharacters = 40;
  const bool cut = word.size() > kMostCharacters;
  return absl::StrCat("'", absl::CEscape(word.substr(0, kMostCharacters)),
                      cut ? "..." : "", "'");
}

bool IsIdentifier(absl::string_view word) {
  if (word.empty() || absl::ascii_isdigit(static_cast<unsigned char>(word[0]))) {
    return false;
  }
  for (const char character : word) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(character)) &&
        character != '_') {
      return false;
    }
  }
  return true;
}

class Parser {
 public:
  absl::StatusOr<Definitions> Parse(absl::string_view text) {
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      ++line_;
      line = line.substr(0, line.find('%'));
      ParseWords(absl::StrSplit(line, absl::ByAnyChar(" \t\r\v\f"), absl::SkipEmpty()));
    }
    if (errors_ > complaints_.size()) {
      complaints_.push_back(
          absl::StrCat("and ", errors_ - complaints_.size(), " more errors"));
    }
    if (errors_ > 0) {
      return absl::InvalidArgumentError(absl::StrJoin(complaints_, "\n"));
    }
    return std::move(definitions_);
  }

 private:
  using Words = std::vector<absl::string_view>;

  void Complain(absl::string_view what) {
    if (++errors_ > kMostDefinitionErrors) return;
    complaints_.push_back(absl::StrCat("line ", line_, ": ", subject_, what));
  }

  void ParseWords(const Words& words) {
    subject_.clear();
    if (words.empty()) return;
    if (words[0] == "POOL") {
      ParseQuadPool(words);
    } else if (words[0] == "FIXED") {
      ParseFixedPool(words);
    } else {
      Complain(absl::StrCat(Quote(words[0]), " is neither POOL nor FIXED"));
    }
  }

  void ParseQuadPool(const Words& words) {
    QuadPoolDefinition pool;
    if (!Begin(words, 5, "name min max n", pool.name)) return;
    const auto min = Number("min", words[2]);
    const auto max = Number("max", words[3]);
    const auto count = Number("n", words[4]);
    if (!min || !max || !count) return;
    pool.min_block_size = *min;
    pool.max_block_size = *max;
    pool.block_count = *count;
    const QuadPoolOptions options = OptionsOf(pool);
    const Error error = Validate(options);
    if (error == Error::kInvalidGeometry) {
      std::vector<std::size_t> nearest;
      const QuadGeometries legal = NearestGeometries(options);
      for (const std::size_t size : {legal.max_below, legal.max_above}) {
        if (size != 0) nearest.push_back(size);
      }
      Complain(absl::StrCat(
          "max ", *max, " is not min ", *min, " times a power of 4",
          nearest.empty() ? "" : "; nearest: ", absl::StrJoin(nearest, ", ")));
    } else if (error != Error::kOk) {
      Complain(ToStatus(error, options).message());
    }
    definitions_.quad_pools.push_back(std::move(pool));
  }

  void ParseFixedPool(const Words& words) {
    FixedPoolDefinition pool;
    if (!Begin(words, 4, "name size n", pool.name)) return;
    const auto size = Number("size", words[2]);
    const auto count = Number("n", words[3]);
    if (!size || !count) return;
    pool.block_size = *size;
    pool.block_count = *count;
    const PoolOptions options = OptionsOf(pool);
    const Error error = Validate(options);
    if (error != Error::kOk) Complain(ToStatus(error, options).message());
    definitions_.fixed_pools.push_back(std::move(pool));
  }

  // Checks the name and how many words there are.
  bool Begin(const Words& words, std::size_t wanted, absl::string_view form,
             std::string& name) {
    subject_ = absl::StrCat(words[0], ": ");
    if (words.size() > 1) {
      if (!IsIdentifier(words[1])) {
        Complain(absl::StrCat("the name ", Quote(words[1]), " is no C identifier"));
      } else {
        name = std::string(words[1]);
        subject_ = absl::StrCat(words[0], " ", name, ": ");
        const auto [first, is_new] = line_of_.emplace(name, line_);
        if (!is_new) {
          Complain(absl::StrCat("line ", first->second, " has this name already"));
        }
      }
    }
    if (words.size() == wanted) return true;
    Complain(absl::StrCat("too ", words.size() < wanted ? "few" : "many", " words, ",
                          words.size() - 1, " instead of ", wanted - 1, ": ", form));
    return false;
  }

  std::optional<std::size_t> Number(absl::string_view what, absl::string_view word) {
    absl::string_view digits = word;
    const bool hexadecimal =
        absl::ConsumePrefix(&digits, "0x") || absl::ConsumePrefix(&digits, "0X");
    std::size_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stopped, error] =
        std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
    if (stopped != end || error == std::errc::invalid_argument) {
      Complain(absl::StrCat(what, " ", Quote(word),
                            " is no number, decimal or hexadecimal behind 0x"));
      return std::nullopt;
    }
    if (error == std::errc::result_out_of_range) {
      Complain(absl::StrCat(what, " ", Quote(word),
                            " is more than the largest number, ",
                            std::numeric_limits<std::size_t>::max()));
      return std::nullopt;
    }
    return value;
  }

  Definitions definitions_;
  std::size_t line_ = 0;
  std::string subject_;  // what of this line is being looked at
  std::map<std::string, std::size_t, std::less<>> line_of_;
  std::size_t errors_ = 0;
  std::vector<std::string> complaints_;
};

template <class Pool>
Pool* Find(const std::map<std::string, OwnedPool<Pool>, std::less<>>& pools,
           std::string_view name) {
  const auto found = pools.find(name);
  return found == pools.end() ? nullptr : found->second.get();
}

absl::Status WithName(const std::string& name, const absl::Status& status) {
  return {status.code(), absl::StrCat(name, ": ", status.message())};
}

}  // namespace

absl::StatusOr<Definitions> ParseDefinitions(std::string_view text) {
  return Parser().Parse({text.data(), text.size()});
}

QuadPool* DefinedPools::FindQuadPool(std::string_view name) const {
  return Find<QuadPool>(quad_pools_, name);
}

FixedPool* DefinedPools::FindFixedPool(std::string_view name) const {
  return Find<FixedPool>(fixed_pools_, name);
}

absl::StatusOr<DefinedPools> CreatePools(const Definitions& definitions) {
  DefinedPools pools;
  const auto create = [&](const auto& definition, auto& into,
                          auto maker) -> absl::Status {
    if (pools.FindQuadPool(definition.name) != nullptr ||
        pools.FindFixedPool(definition.name) != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(definition.name, ": two pools of this name"));
    }
    auto pool = maker(OptionsOf(definition));
    if (!pool.ok()) return WithName(definition.name, pool.status());
    into.emplace(definition.name, *std::move(pool));
    return absl::OkStatus();
  };
  for (const QuadPoolDefinition& definition : definitions.quad_pools) {
    const absl::Status status = create(definition, pools.quad_pools_, CreateQuadPool);
    if (!status.ok()) return status;
  }
  for (const FixedPoolDefinition& definition : definitions.fixed_pools) {
    const absl::Status status = create(definition, pools.fixed_pools_, CreateFixedPool);
    if (!status.ok()) return status;
  }
  return pools;
}

}  // namespace corepool::hosted
