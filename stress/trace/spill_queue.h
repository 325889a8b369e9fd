// First in, first out, for more values than there is memory.

#ifndef COREPOOL_STRESS_TRACE_SPILL_QUEUE_H_
#define COREPOOL_STRESS_TRACE_SPILL_QUEUE_H_

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "stress/trace/nameless_file.h"

namespace corepool::stress {

// Both ends are in memory, kChunk values each; what does not fit between them is in a
// nameless file (NamelessFile). After a failure it is good for nothing.
template <class T>
class SpillQueue {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  static constexpr std::size_t kChunk = 16'384;

  bool empty() const {
    return taken_ == head_.size() && read_ == written_ && tail_.empty();
  }

  absl::Status Push(const T& value) {
    if (tail_.size() == kChunk) {
      if (taken_ == head_.size() && read_ == written_) {
        TakeTail();
      } else if (!Write()) {
        return Failure("written");
      }
    }
    tail_.push_back(value);
    return absl::OkStatus();
  }

  // Looks at the oldest value; there must be one.
  absl::Status Front(T& value) {
    if (taken_ == head_.size()) {
      if (read_ == written_) {
        TakeTail();
      } else if (!Read()) {
        return Failure("read");
      }
    }
    value = head_[taken_];
    return absl::OkStatus();
  }
  // Takes away what Front has looked at.
  void Pop() { ++taken_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void TakeTail() {
    std::swap(head_, tail_);
    tail_.clear();
    taken_ = 0;
  }
  bool Seek(std::size_t chunk) {
    return fseeko(file_.get(), static_cast<off_t>(chunk * kChunk * sizeof(T)),
                  SEEK_SET) == 0;
  }
  bool Write() {
    if (file_ == nullptr) file_.reset(NamelessFile());
    if (file_ == nullptr || !Seek(written_) ||
        std::fwrite(tail_.data(), sizeof(T), kChunk, file_.get()) != kChunk) {
      return false;
    }
    ++written_;
    tail_.clear();
    return true;
  }
  bool Read() {
    head_.resize(kChunk);
    if (!Seek(read_) ||
        std::fread(head_.data(), sizeof(T), kChunk, file_.get()) != kChunk) {
      return false;
    }
    taken_ = 0;
    if (++read_ == written_) read_ = written_ = 0;
    return true;
  }
  static absl::Status Failure(const char* what) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a temporary file cannot be ", what, ": ", std::strerror(errno)));
  }

  std::vector<T> head_;
  std::size_t taken_ = 0;    // of it
  std::vector<T> tail_;      // at most a chunk
  std::size_t written_ = 0;  // chunks, to the file
  std::size_t read_ = 0;     // and from it
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_SPILL_QUEUE_H_
