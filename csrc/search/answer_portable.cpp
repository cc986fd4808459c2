#include "search/answer.h"

namespace forge::cpu {
namespace {
struct Portable {};
}  // namespace

int answer_portable(const SearchRoom& room, const Question& q, const Prefix& prefix,
                    bool in_prefix) {
  return answer_root<Portable>(room, q, prefix, in_prefix);
}

AnswerRoot fastest_answer() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("lzcnt"))
    return answer_avx2;
#endif
  return answer_portable;
}

}  // namespace forge::cpu
