// As many cores as a test wants, on a machine that has few: with
// -DCOREPOOL_CORES_HEADER naming this file the library's very sources run on them
// (//tests/support:virtual_core). A thread says itself on which core it is.

#ifndef COREPOOL_TESTS_SUPPORT_VIRTUAL_CORES_H_
#define COREPOOL_TESTS_SUPPORT_VIRTUAL_CORES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>

#include "corepool/port/cores_concept.h"

namespace corepool::port {

// A section holds its core's mutex, and drops it without having done anything if it is
// to be interrupted; so nobody else is in a section on that core, as on a real one. A
// fence takes the mutex once. Not for signal handlers.
struct VirtualCores {
  static constexpr bool kRestartable = true;
  static constexpr std::uint32_t kUsualCores = 64;
  static constexpr std::uint32_t kMost = 64;

  // For tests to set.
  static inline thread_local std::uint32_t current = 0;  // kNoCore: not registered
  static inline std::uint32_t count = 8;
  static inline bool enabled = true;                           // whether sections work
  static inline bool fences_work = true;                       // false: sabotage
  static inline thread_local bool (*interrupted)() = nullptr;  // asked in each section
  static inline thread_local void (*entering)() =
      nullptr;  // called before each of them
  static inline std::atomic<std::uint64_t> aborts{0};

  static std::uint32_t Index() noexcept { return current; }
  static std::uint32_t Count() noexcept { return count; }
  static bool Enable() noexcept { return enabled; }

  static bool Pop(std::byte* area, std::uint32_t cores, void** block) noexcept {
    return PopMany(area, cores, block, 1);
  }
  static bool PopAndPrefetch(std::byte* area, std::uint32_t cores,
                             void** block) noexcept {
    return Pop(area, cores, block);
  }
  static bool Push(std::byte* area, std::uint32_t cores, std::uint32_t limit,
                   void* block) noexcept {
    return PushMany(area, cores, limit, &block, 1);
  }

  static bool PopMany(std::byte* area, std::uint32_t cores, void* blocks,
                      std::size_t size) noexcept {
    if (current >= cores) return false;
    Enter();
    const Section section(current);
    Word* const magazine = MagazineOf(area);
    const std::uint64_t header = magazine->load(std::memory_order_acquire);
    const std::uint64_t fill = header & CoreArea::kCountMask;
    if (fill <= size) return false;
    Word* const entries = magazine + 1;
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint64_t entry =
          entries[fill - size + 1 + i].load(std::memory_order_relaxed);
      std::memcpy(static_cast<std::byte*>(blocks) + i * sizeof(entry), &entry,
                  sizeof(entry));
    }
    if (section.IsInterrupted()) return false;
    magazine->store(header + size * CoreArea::kPop, std::memory_order_release);
    return true;
  }
  static bool PushMany(std::byte* area, std::uint32_t cores, std::uint32_t limit,
                       const void* blocks, std::size_t size) noexcept {
    if (current >= cores) return false;
    Enter();
    const Section section(current);
    Word* const magazine = MagazineOf(area);
    const std::uint64_t header = magazine->load(std::memory_order_acquire);
    const std::uint64_t fill = header & CoreArea::kCountMask;
    if (fill == 0 || fill - 1 + size > limit) return false;
    Word* const entries = magazine + 1;
    for (std::uint64_t i = 0; i < size; ++i) {
      std::uint64_t entry = 0;
      std::memcpy(&entry, static_cast<const std::byte*>(blocks) + i * sizeof(entry),
                  sizeof(entry));
      entries[fill + 1 + i].store(entry, std::memory_order_relaxed);
    }
    if (section.IsInterrupted()) return false;
    magazine->store(header + size * CoreArea::kPush, std::memory_order_release);
    return true;
  }

  static bool SwapOnCore(std::byte* area, std::uint32_t core, std::uint64_t line_says,
                         void* word, std::uint64_t expected,
                         std::uint64_t wanted) noexcept {
    if (core != current) return false;
    Enter();
    const Section section(core);
    if (LineOf(area, core)->load(std::memory_order_acquire) != line_says ||
        section.IsInterrupted()) {
      return false;
    }
    return static_cast<Word*>(word)->compare_exchange_strong(
        expected, wanted, std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  static void Fence(std::uint32_t core) noexcept {
    Enter();
    if (fences_work) const Section section(core);
  }
  static void FenceAll() noexcept {
    Enter();
    for (std::uint32_t core = 0; fences_work && core < kMost; ++core) {
      const Section section(core);
    }
  }

 private:
  using Word = std::atomic<std::uint64_t>;

  static inline std::atomic<bool> busy[kMost]{};

  static void Enter() {
    if (entering != nullptr) entering();
  }

  class Section {
   public:
    explicit Section(std::uint32_t core) : core_(core) {
      // Pairs with: the release in the destructor.
      while (busy[core_].exchange(true, std::memory_order_acquire)) {
        std::this_thread::yield();
      }
    }
    ~Section() {
      // Pairs with: the acquire in the constructor.
      busy[core_].store(false, std::memory_order_release);
    }
    bool IsInterrupted() const {
      if (interrupted == nullptr || !interrupted()) return false;
      aborts.fetch_add(1, std::memory_order_relaxed);
      return true;
    }

   private:
    std::uint32_t core_;
  };

  static Word* LineOf(std::byte* area, std::uint32_t core) {
    return reinterpret_cast<Word*>(area +
                                   (core + std::size_t{1}) * CoreArea::kLineBytes);
  }
  static Word* MagazineOf(std::byte* area) {
    return reinterpret_cast<Word*>(
        area + LineOf(area, current)->load(std::memory_order_acquire));
  }
};

using Cores = VirtualCores;

}  // namespace corepool::port

#endif  // COREPOOL_TESTS_SUPPORT_VIRTUAL_CORES_H_
