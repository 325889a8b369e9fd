// The example of docs/quad_pool.md.

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "corepool/error.h"
#include "corepool/hosted/definitions.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"

// [quad_pool]
// 4 blocks of 4096 bytes, which split into blocks of 1024, 256 and 64 bytes.
constexpr corepool::QuadPoolOptions kMessages = {
    .min_block_size = 64, .max_block_size = 4096, .block_count = 4, .name = "messages"};
alignas(corepool::RequiredAlignment(
    kMessages)) std::byte memory[corepool::RequiredBytes(kMessages)];
constinit corepool::QuadPool messages;

bool Send(std::size_t length) {  // from anywhere, interrupts included
  void* const message = messages.Allocate(length);
  if (message == nullptr) return false;  // no block is large enough, nor any to be made
  std::memset(message, 0, length);
  return messages.Free(message) == corepool::Error::kOk;
}

// With an operating system: pools by name, from a text.
corepool::hosted::DefinedPools MakePools(const std::string& text) {
  auto definitions = corepool::hosted::ParseDefinitions(text);
  if (!definitions.ok()) {  // "line 2: POOL frames: max 1000 is not min 64 times ..."
    std::fprintf(stderr, "%s\n", std::string(definitions.status().message()).c_str());
    return {};
  }
  auto pools = corepool::hosted::CreatePools(*definitions);
  return pools.ok() ? *std::move(pools) : corepool::hosted::DefinedPools();
}
// [quad_pool]

int main() {
  if (messages.Init(kMessages, memory) != corepool::Error::kOk) return 1;
  if (!Send(80) || !Send(4096) || Send(4097)) return 1;
  const auto none = MakePools("% name       min max  n\nPOOL frames  64  1000 5\n");
  if (none.FindQuadPool("frames") != nullptr) return 1;
  const auto pools = MakePools("% name       min max  n\nPOOL frames  64  1024 5\n");
  corepool::QuadPool* const frames = pools.FindQuadPool("frames");
  return frames != nullptr &&
                 frames->Free(frames->Allocate(1024)) == corepool::Error::kOk
             ? 0
             : 1;
}
