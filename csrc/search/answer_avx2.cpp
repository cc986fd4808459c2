// Compiled for AVX2 whatever FORGE_MARCH is (cmake/Core.cmake). What it uses is inlined or has
// `Avx2` in its name, so that no function compiled here can stand in for one that must run
// everywhere.
#include "search/answer.h"

namespace forge::cpu {
namespace {
struct Avx2 {};
}  // namespace

int answer_avx2(const SearchRoom& room, const Question& q, const Prefix& prefix, bool in_prefix) {
  return answer_root<Avx2>(room, q, prefix, in_prefix);
}

}  // namespace forge::cpu
