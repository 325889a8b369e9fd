// Frames on their way from an interrupt handler to a task, in C.

#include <stdio.h>

// [c_api]
#include "corepool/c/corepool.h"

enum { kFrameBytes = 16, kFrames = 32 };

// All-zero objects, as static ones are, need no initialiser.
static corepool_fixed_pool_t frames;
static COREPOOL_FIXED_POOL_MEMORY(frame_memory, kFrameBytes, kFrames);
static corepool_spsc_queue_t received;
static void* slots[kFrames];

int StartFrames(void) {
  // What is not mentioned has its default.
  const corepool_pool_options_t options = {
      .block_size = kFrameBytes, .block_count = kFrames, .name = "frames"};
  if (corepool_fixed_pool_init(&frames, &options, frame_memory,
                               sizeof frame_memory) != COREPOOL_OK) {
    return 0;
  }
  return corepool_spsc_queue_init(&received, slots, kFrames) == COREPOOL_OK;
}

// In the interrupt handler.
void OnFrame(unsigned char first_byte) {
  unsigned char* const frame = corepool_fixed_pool_allocate(&frames);
  if (frame == NULL) return;  // exhausted: the frame is lost, and counted
  frame[0] = first_byte;
  // There are as many slots as frames.
  (void)corepool_spsc_queue_enqueue(&received, frame);
}

// In the task; the block may be freed anywhere.
int TakeFrame(unsigned char* first_byte) {
  void* frame = NULL;
  if (!corepool_spsc_queue_dequeue(&received, &frame)) return 0;
  *first_byte = ((unsigned char*)frame)[0];
  return corepool_fixed_pool_free(&frames, frame) == COREPOOL_OK;
}
// [c_api]

int main(void) {
  if (!StartFrames()) return 1;
  for (unsigned i = 0; i < 40; ++i) OnFrame((unsigned char)i);
  unsigned char byte = 0;
  unsigned taken = 0;
  while (TakeFrame(&byte)) {
    if (byte != taken++) return 1;
  }
  const corepool_pool_stats_t stats = corepool_fixed_pool_stats(&frames);
  printf("%u frames taken, %zu in use, %u lost\n", taken, stats.used,
         (unsigned)stats.failures);
  return taken == kFrames && stats.used == 0 && stats.failures == 8 ? 0 : 1;
}
