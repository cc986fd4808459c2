# The Python extension module forge._native.
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 CONFIG REQUIRED)

pybind11_add_module(_native
  csrc/bindings/module.cpp
  csrc/bindings/bind_arrays.cpp
  csrc/bindings/bind_build.cpp
  csrc/bindings/bind_decide.cpp
  csrc/bindings/bind_estimate.cpp
  csrc/bindings/bind_hidden.cpp
  csrc/bindings/bind_memory.cpp
  csrc/bindings/bind_play.cpp
  csrc/bindings/bind_play_out.cpp
  csrc/bindings/bind_policy.cpp
  csrc/bindings/bind_rules.cpp
  csrc/bindings/bind_search.cpp
  csrc/bindings/bind_tablebase.cpp
  csrc/bindings/bind_tokens.cpp
  csrc/bindings/bind_world_values.cpp
  csrc/bindings/bind_worlds.cpp)
target_link_libraries(_native PRIVATE forge_core)
target_compile_definitions(_native PRIVATE FORGE_MARCH="${FORGE_MARCH}")
if(FORGE_USE_CUDA)
  target_sources(_native PRIVATE csrc/bindings/bind_cuda.cpp csrc/bindings/bind_cuda_decide.cpp)
  target_link_libraries(_native PRIVATE forge_cuda)
  list(JOIN CMAKE_CUDA_ARCHITECTURES " " cuda_archs)
  target_compile_definitions(_native PRIVATE FORGE_WITH_CUDA
    FORGE_CUDA_ARCHS="${cuda_archs}" FORGE_CUDA_VERSION="${CMAKE_CUDA_COMPILER_VERSION}")
endif()
install(TARGETS _native LIBRARY DESTINATION forge)
