// One function for each hot path, out of line and by a plain name, so that
// hot_path_symbols_test.sh can see what they call.

#include <cstdint>
#include <utility>

#include "corepool/channel.h"
#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/mpmc_queue.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/quad_pool.h"
#include "corepool/spsc_queue.h"
#include "corepool/static_pool.h"

struct Frame {
  std::uint64_t words[8];
};

extern "C" {
void* ProbeAllocate(corepool::FixedPool& pool) { return pool.Allocate(); }
corepool::Error ProbeFree(corepool::FixedPool& pool, void* block) {
  return pool.Free(block);
}
void* ProbeDynamicAllocate(corepool::DynamicPool& pool) { return pool.Allocate(); }
corepool::Error ProbeDynamicFree(corepool::DynamicPool& pool, void* block) {
  return pool.Free(block);
}
void* ProbeQuadAllocate(corepool::QuadPool& pool) { return pool.Allocate(100); }
corepool::Error ProbeQuadFree(corepool::QuadPool& pool, void* block) {
  return pool.Free(block);
}
Frame* ProbeStaticAllocate(corepool::StaticPool<Frame, 64>& pool) {
  return pool.Allocate();
}
corepool::Error ProbeStaticFree(corepool::StaticPool<Frame, 64>& pool, Frame* block) {
  return pool.Free(block);
}
Frame* ProbeUncheckedAllocate(
    corepool::StaticPool<Frame, 64, corepool::Checking::kOff>& pool) {
  return pool.Allocate();
}
void* ProbePriorityAllocate(corepool::PriorityPool& pool) {
  return pool.Allocate(corepool::kCritical);
}
void* ProbeInterruptAllocate(corepool::PriorityPool& pool) {
  return pool.AllocateFromInterrupt(corepool::kCritical);
}
corepool::Error ProbePriorityFree(corepool::PriorityPool& pool, void* block) {
  return pool.Free(block);
}
bool ProbeEnqueue(corepool::SpscQueue<void*>& queue, void* value) {
  return queue.Enqueue(value);
}
bool ProbeDequeue(corepool::SpscQueue<void*>& queue, void*& value) {
  return queue.Dequeue(value);
}
bool ProbeEnqueueOfMany(corepool::MpmcQueue<void*>& queue, void* value) {
  return queue.Enqueue(value);
}
bool ProbeDequeueOfMany(corepool::MpmcQueue<void*>& queue, void*& value) {
  return queue.Dequeue(value);
}
bool ProbeEnqueueIndex(corepool::MpmcQueue<std::uint16_t>& queue, std::uint16_t value) {
  return queue.Enqueue(value);
}
bool ProbeDequeueIndex(corepool::MpmcQueue<std::uint16_t>& queue,
                       std::uint16_t& value) {
  return queue.Dequeue(value);
}
bool ProbeSend(corepool::Channel<Frame, 64>& channel) {
  auto frame = channel.Reserve();
  return frame && channel.Commit(std::move(frame)) == corepool::Error::kOk;
}
bool ProbeSendOverwriting(corepool::Channel<Frame, 64>& channel) {
  auto frame = channel.ReserveOverwriting();
  return frame && channel.CommitOverwriting(std::move(frame)) == corepool::Error::kOk;
}
std::uint64_t ProbeReceive(corepool::Channel<Frame, 64>& channel) {
  const auto frame = channel.Receive();
  return frame ? frame->words[0] : 0;
}
}
