// The report on all segments.

#include <cstddef>

#include "corepool/c/compat/micrium/include/lib_mem.h"
#include "corepool/c/compat/micrium/records.h"
#include "corepool/lockfree/atomic.h"

namespace {

using corepool::micrium::Creating;
using corepool::micrium::PoolRecord;
using corepool::micrium::Say;
using corepool::micrium::SegmentRecord;
using Out = void (*)(CPU_CHAR*);

void Write(Out out, const char* text) { out(const_cast<CPU_CHAR*>(text)); }

// Right-aligned in ten characters, or more if it takes more.
void WriteNumber(Out out, std::size_t number) {
  char text[3 * sizeof(number) + 1] = {};
  std::size_t first = sizeof(text) - 1;
  const std::size_t last = first - 10;
  do {
    text[--first] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (first > last) text[--first] = ' ';
  Write(out, text + first);
}

void WriteName(Out out, const char* name) {
  Write(out, name == nullptr || *name == '\0' ? "Unknown" : name);
  Write(out, "\r\n");
}

// A segment as it was while nobody created or ended any.
struct Row {
  const char* name;
  std::size_t size;
  std::size_t left;
  const MEM_ALLOC_INFO* first;
};

// The segment that is `nth` from the newest; false: there are not so many. What its
// pools have grown by is counted with their names first.
bool Look(std::size_t nth, Row& row) {
  const Creating creating;
  const SegmentRecord* segment = corepool::micrium::Segments();
  for (; nth > 0 && segment != nullptr; --nth) segment = segment->older;
  if (segment == nullptr) return false;
  corepool::micrium::CountGrowth(*segment);
  row = {
      .name = segment->segment.name(),
      .size = segment->segment.size(),
      .left = segment->segment.size() - segment->segment.used(),
      // Pairs with: E85 release in NoteAllocation.
      .first =
          corepool::micrium::Infos(segment->owner).load(corepool::lockfree::kAcquire)};
  return true;
}

}  // namespace

extern "C" {

// Without a lock while `out_fnct` runs: infos are never taken away.
void Mem_OutputUsage(void (*out_fnct)(CPU_CHAR*), LIB_ERR* p_err) {
  if (out_fnct == nullptr || p_err == nullptr) return Say(p_err, LIB_MEM_ERR_NULL_PTR);
  Write(out_fnct, "---------------- Memory allocation info ----------------\r\n");
  Write(out_fnct, "| Type    | Size       | Free size  | Name\r\n");
  Write(out_fnct, "|---------|------------|------------|-------------------\r\n");
  Row row;
  for (std::size_t i = 0; Look(i, row); ++i) {
    Write(out_fnct, "| Section | ");
    WriteNumber(out_fnct, row.size);
    Write(out_fnct, " | ");
    WriteNumber(out_fnct, row.left);
    Write(out_fnct, " | ");
    WriteName(out_fnct, row.name);
    for (const MEM_ALLOC_INFO* info = row.first; info != nullptr;
         info = info->NextPtr) {
      const std::size_t size = corepool::micrium::SizeOf(*info);
      if (size == 0) continue;  // a pool without blocks so far
      Write(out_fnct, "| -> Obj  | ");
      WriteNumber(out_fnct, size);
      Write(out_fnct, " |            | ");
      WriteName(out_fnct, info->NamePtr);
    }
  }
  *p_err = LIB_MEM_ERR_NONE;
}

}  // extern "C"
