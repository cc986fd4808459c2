// How one question is answered on this processor: the search compiled for what it can do.
#pragma once

#include "search/alpha_beta.h"

namespace forge::cpu {

// See `answer_root`.
using AnswerRoot = int (*)(const SearchRoom&, const Question&, const Prefix&, bool in_prefix);

// For every processor that the module runs on.
int answer_portable(const SearchRoom&, const Question&, const Prefix&, bool in_prefix);

#if defined(__x86_64__)
// For processors with AVX2, BMI and LZCNT.
int answer_avx2(const SearchRoom&, const Question&, const Prefix&, bool in_prefix);
#endif

// The fastest one that runs here; the bytes are the same.
AnswerRoot fastest_answer();

}  // namespace forge::cpu
