# CUDA drivers: real code for the architectures people have, PTX of the last for those to come.
if(NOT FORGE_CUDA_ARCHS)
  set(FORGE_CUDA_ARCHS "75-real;80-real;86-real;89-real;90-real;100-real;120")
endif()
set(CMAKE_CUDA_ARCHITECTURES "${FORGE_CUDA_ARCHS}")
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
enable_language(CUDA)

add_library(forge_cuda STATIC
  csrc/decide/decide_cuda.cu
  csrc/decide/estimate_cuda.cu
  csrc/play/play_cuda.cu
  csrc/policy/policy_cuda.cu
  csrc/search/search_cuda.cu
  csrc/tablebase/tablebase_cuda.cu
  csrc/tokens/tokens_cuda.cu
  csrc/worlds/worlds_cuda.cu)
target_link_libraries(forge_cuda PUBLIC forge_options)
# Tables are constexpr and have device copies; relaxed-constexpr lets them be built in both.
target_compile_options(forge_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr
  --threads=2 -Xcompiler=-Wall,-Wextra>)
# Floating point that is the same bytes as on the CPU: no operation is fused with another.
set_source_files_properties(csrc/decide/decide_cuda.cu csrc/decide/estimate_cuda.cu
  PROPERTIES COMPILE_OPTIONS "--fmad=false")
if(FORGE_WERROR)
  target_compile_options(forge_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
endif()
