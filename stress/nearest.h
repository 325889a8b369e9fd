// Guesses what a mistyped word was meant to be.

#ifndef COREPOOL_STRESS_NEAREST_H_
#define COREPOOL_STRESS_NEAREST_H_

#include <string>
#include <string_view>
#include <vector>

namespace corepool::stress {

// Letters to insert, remove, change, or swap with the next one to make one the other.
int Typos(std::string_view one, std::string_view other);

// Up to three of `names`, the likeliest first: those that begin with `word` or contain
// it, or that few typos make of it. Empty if none comes near.
std::vector<std::string> Nearest(std::string_view word,
                                 const std::vector<std::string>& names);

// "unknown KIND 'WORD'; did you mean A or B?", or "...; there is: all of them".
std::string UnknownWord(std::string_view kind, std::string_view word,
                        const std::vector<std::string>& names);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_NEAREST_H_
