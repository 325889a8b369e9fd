// Restartable sections on x86-64 Linux: rseq(2), with the areas that glibc registers.
//
// A section is a few instructions that end with one that commits. If the kernel
// interrupts a thread in one (preempts or migrates it, or delivers a signal), it does
// not let it go on but sends it to the section's abort handler. So whoever reaches the
// commit has had its core for itself, and is on the core whose number it read.
//
// rseq_begin.inc and rseq_end.inc are the frame of every section, rseq_magazine.inc is
// how most of them begin. The descriptor stays armed after the commit: the kernel drops
// it when it finds the thread elsewhere.

#ifndef COREPOOL_PORT_CORES_LINUX_X86_64_H_
#define COREPOOL_PORT_CORES_LINUX_X86_64_H_

#include <sys/rseq.h>

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/port/cores_concept.h"
#include "corepool/port/cores_linux.h"

namespace corepool::port {

// After each section stands an empty asm: without it GCC 12 takes the way out that has
// succeeded and the one that has not for the same (its bugs 98847 and 113921).
//
// In all sections: addresses are made by additions, not by an index register, which
// would keep the CPU from forwarding the header from the last store to it; and x86-64
// makes every plain store a release.
struct CoresLinuxX86_64 {
  static constexpr bool kRestartable = true;
  static constexpr std::uint32_t kUsualCores = CoresLinux::kUsualCores;
  static std::uint32_t Index() noexcept { return CoresLinux::Index(); }
  static std::uint32_t Count() noexcept { return CoresLinux::Count(); }
  static bool Enable() noexcept;

  COREPOOL_INLINE static bool Pop(std::byte* area, std::uint32_t cores,
                                  void** block) noexcept {
    std::uint64_t place;
    return PopFrom(area, cores, block, &place);
  }

  // Looks 8 blocks ahead: as many as the CPU has under way while it waits for a line of
  // another core. Below the first entry there may be anything, which does no harm.
  COREPOOL_INLINE static bool PopAndPrefetch(std::byte* area, std::uint32_t cores,
                                             void** block) noexcept {
    std::uint64_t place;
    if (!PopFrom(area, cores, block, &place)) return false;
    asm volatile(
        "movq -56(%[place]), %[place]\n\t"
        "prefetchw (%[place])"
        : [place] "+r"(place)
        :
        : "memory");
    return true;
  }

  COREPOOL_INLINE static bool Push(std::byte* area, std::uint32_t cores,
                                   std::uint32_t limit, void* block) noexcept {
    std::uint64_t scratch, magazine, header;
    asm volatile goto(
#include "corepool/port/rseq_begin.inc"
#include "corepool/port/rseq_magazine.inc"
        "movl %k[header], %k[scratch]\n\t"
        "andl $511, %k[scratch]\n\t"
        "decl %k[scratch]\n\t"
        "cmpl %[limit], %k[scratch]\n\t"
        "jae %l[refused]\n\t"
        "leaq (%[magazine],%[scratch],8), %[scratch]\n\t"
        "movq %[block], 24(%[scratch])\n\t"
        "addq %[push], %[header]\n\t"
        "movq %[header], (%[magazine])\n"
#include "corepool/port/rseq_end.inc"
        : [scratch] "=&r"(scratch), [magazine] "=&r"(magazine), [header] "=&r"(header)
        : [rseq] "r"(__rseq_offset), [area] "r"(area), [cores] "mri"(cores),
          [limit] "mri"(limit), [block] "r"(block), [push] "i"(CoreArea::kPush)
        : "memory", "cc"
        : refused);
    asm volatile("");
    return true;
  refused:
    return false;
  }

  COREPOOL_INLINE static bool PopMany(std::byte* area, std::uint32_t cores,
                                      void* blocks, std::size_t count) noexcept {
    std::uint64_t scratch, magazine, header, from;
    asm volatile goto(
#include "corepool/port/rseq_begin.inc"
#include "corepool/port/rseq_magazine.inc"
        "movl %k[header], %k[from]\n\t"
        "andl $511, %k[from]\n\t"
        "subq %[count], %[from]\n\t"  // the last entry to stay
        "jle %l[refused]\n\t"
        "leaq 16(%[magazine],%[from],8), %[from]\n\t"
        "movq %[count], %[scratch]\n\t"
        "testb $1, %b[scratch]\n\t"
        "jz 6f\n\t"
        "decq %[scratch]\n\t"
        "movq (%[from],%[scratch],8), %%xmm0\n\t"
        "movq %%xmm0, (%[blocks],%[scratch],8)\n\t"
        "jz 7f\n"
        "6:\n\t"
        "subq $2, %[scratch]\n\t"
        "movups (%[from],%[scratch],8), %%xmm0\n\t"
        "movups %%xmm0, (%[blocks],%[scratch],8)\n\t"
        "ja 6b\n"
        "7:\n\t"
        "imulq %[pop], %[count], %[scratch]\n\t"
        "addq %[scratch], %[header]\n\t"
        "movq %[header], (%[magazine])\n"
#include "corepool/port/rseq_end.inc"
        : [scratch] "=&r"(scratch), [magazine] "=&r"(magazine), [header] "=&r"(header),
          [from] "=&r"(from)
        : [rseq] "r"(__rseq_offset), [area] "r"(area), [cores] "mri"(cores),
          [blocks] "r"(blocks), [count] "r"(count), [pop] "i"(CoreArea::kPop)
        : "memory", "cc", "xmm0"
        : refused);
    asm volatile("");
    return true;
  refused:
    return false;
  }

  COREPOOL_INLINE static bool PushMany(std::byte* area, std::uint32_t cores,
                                       std::uint32_t limit, const void* blocks,
                                       std::size_t count) noexcept {
    std::uint64_t scratch, magazine, header, to;
    asm volatile goto(
#include "corepool/port/rseq_begin.inc"
#include "corepool/port/rseq_magazine.inc"
        "movl %k[header], %k[to]\n\t"
        "andl $511, %k[to]\n\t"
        "decq %[to]\n\t"
        "js %l[refused]\n\t"
        "leaq (%[to],%[count]), %[scratch]\n\t"
        "cmpl %[limit], %k[scratch]\n\t"
        "ja %l[refused]\n\t"
        "leaq 24(%[magazine],%[to],8), %[to]\n\t"
        "movq %[count], %[scratch]\n\t"
        "testb $1, %b[scratch]\n\t"
        "jz 6f\n\t"
        "decq %[scratch]\n\t"
        "movq (%[blocks],%[scratch],8), %%xmm0\n\t"
        "movq %%xmm0, (%[to],%[scratch],8)\n\t"
        "jz 7f\n"
        "6:\n\t"
        "subq $2, %[scratch]\n\t"
        "movups (%[blocks],%[scratch],8), %%xmm0\n\t"
        "movups %%xmm0, (%[to],%[scratch],8)\n\t"
        "ja 6b\n"
        "7:\n\t"
        "imulq %[push], %[count], %[scratch]\n\t"
        "addq %[scratch], %[header]\n\t"
        "movq %[header], (%[magazine])\n"
#include "corepool/port/rseq_end.inc"
        : [scratch] "=&r"(scratch), [magazine] "=&r"(magazine), [header] "=&r"(header),
          [to] "=&r"(to)
        : [rseq] "r"(__rseq_offset), [area] "r"(area), [cores] "mri"(cores),
          [limit] "mri"(limit), [blocks] "r"(blocks), [count] "r"(count),
          [push] "i"(CoreArea::kPush)
        : "memory", "cc", "xmm0"
        : refused);
    asm volatile("");
    return true;
  refused:
    return false;
  }

  static bool SwapOnCore(std::byte* area, std::uint32_t core, std::uint64_t current,
                         void* word, std::uint64_t expected,
                         std::uint64_t wanted) noexcept {
    void* const line = area + (core + std::size_t{1}) * CoreArea::kLineBytes;
    std::uint64_t scratch;
    asm volatile goto(
#include "corepool/port/rseq_begin.inc"
        "cmpl %k[core], %%fs:4(%[rseq])\n\t"
        "jne %l[refused]\n\t"
        "cmpq %[current], (%[line])\n\t"
        "jne %l[refused]\n\t"
        "lock cmpxchgq %[wanted], (%[word])\n"
#include "corepool/port/rseq_end.inc"
        "jne %l[refused]\n"
        : [scratch] "=&r"(scratch), "+a"(expected)
        : [rseq] "r"(__rseq_offset), [core] "r"(core), [line] "r"(line),
          [current] "r"(current), [word] "r"(word), [wanted] "r"(wanted)
        : "memory", "cc"
        : refused);
    asm volatile("");
    return true;
  refused:
    return false;
  }

  static void Fence(std::uint32_t core) noexcept;
  static void FenceAll() noexcept;

 private:
  // `place`: 8 bytes before the block's entry.
  COREPOOL_INLINE static bool PopFrom(std::byte* area, std::uint32_t cores,
                                      void** block, std::uint64_t* place) noexcept {
    void* popped;
    std::uint64_t scratch, magazine, header, entry;
    asm volatile goto(
#include "corepool/port/rseq_begin.inc"
#include "corepool/port/rseq_magazine.inc"
        "movl %k[header], %k[scratch]\n\t"
        "andl $511, %k[scratch]\n\t"
        "leaq (%[magazine],%[scratch],8), %[place]\n\t"
        "movq 8(%[place]), %[popped]\n\t"
        "testq %[popped], %[popped]\n\t"
        "jz %l[refused]\n\t"
        "addq %[pop], %[header]\n\t"
        "movq %[header], (%[magazine])\n"
#include "corepool/port/rseq_end.inc"
        : [popped] "=&r"(popped), [place] "=&r"(entry), [scratch] "=&r"(scratch),
          [magazine] "=&r"(magazine), [header] "=&r"(header)
        : [rseq] "r"(__rseq_offset), [area] "r"(area), [cores] "mri"(cores),
          [pop] "i"(CoreArea::kPop)
        : "memory", "cc"
        : refused);
    asm volatile("");
    *block = popped;
    *place = entry;
    return true;
  refused:
    return false;
  }

  static_assert(CoreArea::kLineBytes == 128 && CoreArea::kHeaderBytes == 8 &&
                    CoreArea::kEntryBytes == 8 && CoreArea::kGuardEntries == 2 &&
                    CoreArea::kCountMask == 511,
                "the sections have these as numbers");
  static_assert(offsetof(struct rseq, cpu_id) == 4 &&
                    offsetof(struct rseq, rseq_cs) == 8 && RSEQ_SIG == 0x53053053,
                "and these");
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_CORES_LINUX_X86_64_H_
