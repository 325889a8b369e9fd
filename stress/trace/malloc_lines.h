// The text formats of malloc traces, line by line.

#ifndef COREPOOL_STRESS_TRACE_MALLOC_LINES_H_
#define COREPOOL_STRESS_TRACE_MALLOC_LINES_H_

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"

namespace corepool::stress {

// Takes one line apart. True: `event` is what it says; false: it says nothing that
// matters. Lines that are empty, or begin with '#', do not come here.
class MallocLineParser {
 public:
  virtual ~MallocLineParser() = default;
  virtual absl::StatusOr<bool> Parse(std::string_view line, MallocEvent& event) = 0;
  virtual Addresses addresses() const { return Addresses::kOfAllThreads; }
  virtual bool has_clock() const { return false; }
  virtual void Reset() {}
};

// The traces of the malloc labs of "Computer Systems: A Programmer's Perspective":
//
//   20000      header: two or four numbers, each in a line of its own
//   2847
//   5694
//   1
//   a 0 2040   allocate block 0, 2040 bytes
//   r 0 4072   reallocate it
//   f 0        free it; -1 is no block
class RepParser final : public MallocLineParser {
 public:
  absl::StatusOr<bool> Parse(std::string_view line, MallocEvent& event) override;
  void Reset() override { begun_ = false; }

 private:
  bool begun_ = false;
};

// What Android's memory_replay reads; sizes and counts are decimal, pointers hex:
//
//   186: malloc 0xb6027400 1024
//   186: calloc 0xb6003090 1 8             8 bytes
//   186: realloc 0xb603d060 0xb6037838 25  new pointer, old pointer
//   186: memalign 0xae42d080 16 104        alignment, bytes
//   186: free 0xb6027400
//   186: thread_done 0x0
//
// Times of begin and end, which newer recordings append, are read over.
class AndroidParser final : public MallocLineParser {
 public:
  absl::StatusOr<bool> Parse(std::string_view line, MallocEvent& event) override;
};

// ns_since_start,cpu,tid,op,ptr,size: op is m (malloc) or f (free), for which the size
// may be missing. The line of names may be, too. Pointers are of their thread.
class MallocCsvParser final : public MallocLineParser {
 public:
  absl::StatusOr<bool> Parse(std::string_view line, MallocEvent& event) override;
  Addresses addresses() const override { return Addresses::kOfEachThread; }
  bool has_clock() const override { return true; }
  void Reset() override { begun_ = false; }

 private:
  bool begun_ = false;
};

// A trace from lines.
class MallocLines final : public MallocTrace {
 public:
  MallocLines(std::unique_ptr<LineSource> lines,
              std::unique_ptr<MallocLineParser> parser, bool skip_bad_lines)
      : lines_(std::move(lines)),
        parser_(std::move(parser)),
        skip_bad_lines_(skip_bad_lines) {}

  absl::StatusOr<bool> Next(MallocEvent& event) override;
  absl::Status Rewind() override;
  Addresses addresses() const override { return parser_->addresses(); }
  bool has_clock() const override { return parser_->has_clock(); }
  std::size_t skipped_lines() const override { return skipped_lines_; }

 private:
  std::unique_ptr<LineSource> lines_;
  std::unique_ptr<MallocLineParser> parser_;
  bool skip_bad_lines_;
  bool any_ = false;
  std::size_t skipped_lines_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_MALLOC_LINES_H_
