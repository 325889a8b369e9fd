// A bijective 64-bit mixer, for keys that need to be unlikely, not secret.

#ifndef COREPOOL_BASE_MIX_H_
#define COREPOOL_BASE_MIX_H_

#include <cstdint>

namespace corepool::base {

// Source: the finalizer of splitmix64 (Steele, Lea and Flood, "Fast Splittable
// Pseudorandom Number Generators", OOPSLA 2014).
constexpr std::uint64_t Mix64(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

}  // namespace corepool::base

#endif  // COREPOOL_BASE_MIX_H_
