#include "bindings/common.h"

#ifndef FORGE_CUDA_ARCHS
#define FORGE_CUDA_ARCHS ""
#endif
#ifndef FORGE_MARCH
#define FORGE_MARCH ""
#endif
#ifndef FORGE_CUDA_VERSION
#define FORGE_CUDA_VERSION ""
#endif

namespace forge::bindings {
namespace {

// Empty if this processor can run what was compiled, else what it lacks.
const char* missing_cpu_feature() {
#if defined(__x86_64__)
  __builtin_cpu_init();
#if defined(__AVX2__)
  if (!__builtin_cpu_supports("avx2")) return "AVX2";
#endif
#if defined(__BMI2__)
  if (!__builtin_cpu_supports("bmi2")) return "BMI2";
#endif
#if defined(__AVX512F__)
  if (!__builtin_cpu_supports("avx512f")) return "AVX-512";
#endif
#endif
  return "";
}

}  // namespace

void bind_build(py::module_& m) {
  m.def("missing_cpu_feature", &missing_cpu_feature,
        "What this processor lacks to run what was compiled, or nothing.");
  m.def(
      "build",
      [] {
        py::dict info;
        info["compiler"] = __VERSION__;
        info["march"] = FORGE_MARCH;
#if defined(FORGE_WITH_CUDA)
        info["cuda"] = true;
#else
        info["cuda"] = false;
#endif
        info["cuda_version"] = FORGE_CUDA_VERSION;
        info["cuda_archs"] = FORGE_CUDA_ARCHS;
        return info;
      },
      "What was compiled: compiler, march, cuda, cuda_version, cuda_archs.");
}

}  // namespace forge::bindings
