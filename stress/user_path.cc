#include "stress/user_path.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace corepool::stress {

std::string UserPath(const std::string& path) {
  const char* const stands_at = std::getenv("BUILD_WORKING_DIRECTORY");
  if (stands_at == nullptr || path.empty() || path == "-") return path;
  return (std::filesystem::path(stands_at) / path).string();
}

}  // namespace corepool::stress
