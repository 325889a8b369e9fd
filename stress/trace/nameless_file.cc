#include "stress/trace/nameless_file.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace corepool::stress {

std::FILE* NamelessFile() {
  const char* const folder = std::getenv("TMPDIR");
  std::string path = folder == nullptr || *folder == '\0' ? "/tmp" : folder;
  path += "/corepool-stress-XXXXXX";
  const int fd = mkstemp(path.data());
  if (fd == -1) return nullptr;
  unlink(path.c_str());
  return fdopen(fd, "w+b");
}

}  // namespace corepool::stress
