#include "corepool/segment.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "corepool/base/align.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/carver.h"
#include "corepool/port/yield.h"

namespace corepool {
namespace {

// All initialised segments, oldest first.
constinit lockfree::Atomic<lockfree::Word> busy{0};
constinit Segment* first = nullptr;
constinit std::uint64_t last_serial = 0;

// While it lives, its thread alone looks at the list. A lock, for calls that are
// threads' only and rare: without one, of two overlapping segments that begin at the
// same time both might be refused, and who follows the list would need a grace period.
class ListOfSegments {
 public:
  ListOfSegments() {
    // Pairs with: E41 release in the destructor.
    while (busy.exchange(1, lockfree::kAcquire) != 0) port::Yield();
  }
  // E41. Pairs with: acquire in the constructor.
  ~ListOfSegments() { busy.store(0, lockfree::kRelease); }
  ListOfSegments(const ListOfSegments&) = delete;
  ListOfSegments& operator=(const ListOfSegments&) = delete;
};

std::uintptr_t AddressOf(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

}  // namespace

Segment::~Segment() {
  if (is_initialized()) Withdraw();
}

Error Segment::Init(const char* name, std::span<std::byte> memory,
                    std::size_t padding_alignment) {
  if (is_initialized()) return Error::kAlreadyInitialized;
  if (memory.data() == nullptr) return Error::kNullMemory;
  if (memory.empty()) return Error::kInvalidSize;
  if (!base::IsPowerOfTwo(padding_alignment)) return Error::kInvalidAlignment;
  const std::uintptr_t begin = AddressOf(memory.data());
  const std::uintptr_t last = begin + (memory.size() - 1);
  if (memory.size() > std::size_t{PTRDIFF_MAX} || last < begin) {
    return Error::kTooLarge;
  }

  const ListOfSegments list;
  Segment** end = &first;
  for (; *end != nullptr; end = &(*end)->next_) {
    const lockfree::Carver& other = (*end)->carver_;
    const std::uintptr_t other_begin = AddressOf(other.begin());
    if (begin == other_begin && memory.size() == other.size()) {
      return Error::kAlreadyRegistered;
    }
    if (begin <= other_begin + (other.size() - 1) && other_begin <= last) {
      return Error::kOverlappingMemory;
    }
  }
  carver_.Reset(memory.data(), memory.size());
  padding_alignment_ = padding_alignment;
  name_ = name == nullptr ? "" : name;
  serial_ = ++last_serial;
  next_ = nullptr;
  *end = this;
  return Error::kOk;
}

Error Segment::CheckIdle() const {
  if (!is_initialized()) return Error::kNotInitialized;
  return pools_.load(lockfree::kRelaxed) != 0 ? Error::kBlocksInUse : Error::kOk;
}

Error Segment::Deinit() {
  const Error error = CheckIdle();
  if (error != Error::kOk) return error;
  Withdraw();
  carver_.Reset(nullptr, 0);
  padding_alignment_ = 1;
  name_ = "";
  return Error::kOk;
}

Error Segment::Clear() {
  const Error error = CheckIdle();
  if (error != Error::kOk) return error;
  const ListOfSegments list;  // NextSegment may be reading
  carver_.Reset(carver_.begin(), carver_.size());
  return Error::kOk;
}

void Segment::Withdraw() {
  const ListOfSegments list;
  Segment** link = &first;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
}

SegmentAllocation Segment::Take(std::size_t length, std::size_t alignment) {
  const auto piece = carver_.Take(length, alignment);
  return {piece.count == 1 ? Error::kOk : Error::kExhausted, piece.begin,
          piece.missing};
}

SegmentAllocation Segment::TryAllocate(std::size_t size, std::size_t alignment) {
  if (!is_initialized()) return {Error::kNotInitialized, nullptr, 0};
  if (size == 0) return {Error::kInvalidSize, nullptr, 0};
  if (!base::IsPowerOfTwo(alignment)) return {Error::kInvalidAlignment, nullptr, 0};
  return Take(size, alignment);
}

SegmentAllocation Segment::TryAllocateHardware(std::size_t size,
                                               std::size_t alignment) {
  if (!is_initialized()) return {Error::kNotInitialized, nullptr, 0};
  if (size == 0) return {Error::kInvalidSize, nullptr, 0};
  if (!base::IsPowerOfTwo(alignment)) return {Error::kInvalidAlignment, nullptr, 0};
  const base::CheckedSize length =
      base::CheckedSize(size).AlignedUp(padding_alignment_);
  if (length.overflowed()) {
    return {Error::kExhausted, nullptr, std::numeric_limits<std::size_t>::max()};
  }
  return Take(length.value(),
              alignment > padding_alignment_ ? alignment : padding_alignment_);
}

SegmentBlocks Segment::AllocateUpTo(std::size_t most, std::size_t size,
                                    std::size_t alignment) {
  SegmentBlocks blocks{Error::kOk, nullptr, 0, 0, 0};
  if (!is_initialized()) {
    blocks.error = Error::kNotInitialized;
  } else if (size == 0) {
    blocks.error = Error::kInvalidSize;
  } else if (!base::IsPowerOfTwo(alignment)) {
    blocks.error = Error::kInvalidAlignment;
  }
  if (blocks.error != Error::kOk) return blocks;
  const base::CheckedSize stride = base::CheckedSize(size).AlignedUp(alignment);
  if (stride.overflowed()) {
    blocks.error = Error::kExhausted;
    blocks.missing = std::numeric_limits<std::size_t>::max();
    return blocks;
  }
  const auto piece = carver_.Take(stride.value(), alignment, most == 0 ? 1 : most);
  if (piece.count == 0) blocks.error = Error::kExhausted;
  blocks.memory = piece.begin;
  blocks.count = piece.count;
  blocks.stride = stride.value();
  blocks.missing = piece.missing;
  return blocks;
}

std::size_t Segment::Remaining(std::size_t alignment) const {
  return base::IsPowerOfTwo(alignment) ? carver_.Room(alignment) : 0;
}

bool Segment::Owns(const void* address) const {
  return AddressOf(address) - AddressOf(carver_.begin()) < carver_.size();
}

SegmentStats Segment::Stats() const {
  const std::size_t gone = used();
  return {.size = size(),
          .used = gone,
          .remaining = size() - gone,
          .padding_alignment = padding_alignment_,
          .pools = static_cast<std::size_t>(pools_.load(lockfree::kRelaxed))};
}

bool NextSegment(SegmentCursor& cursor, SegmentInfo& info) {
  const ListOfSegments list;
  const Segment* segment = first;
  while (segment != nullptr && segment->serial_ <= cursor.last_) {
    segment = segment->next_;
  }
  if (segment == nullptr) return false;
  cursor.last_ = segment->serial_;
  std::size_t length = 0;
  for (; length + 1 < sizeof(info.name) && segment->name_[length] != '\0'; ++length) {
    info.name[length] = segment->name_[length];
  }
  info.name[length] = '\0';
  info.memory = segment->carver_.begin();
  info.stats = segment->Stats();
  return true;
}

}  // namespace corepool
