# The native core: no Python, no torch.
add_library(forge_options INTERFACE)
target_include_directories(forge_options INTERFACE ${PROJECT_SOURCE_DIR}/csrc)
if(NOT FORGE_WASM)
  find_package(Threads REQUIRED)
  target_link_libraries(forge_options INTERFACE Threads::Threads)
endif()
target_compile_options(forge_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wpedantic>
  # GCC notes that vectors of 32 bytes are passed otherwise without AVX; search/lanes.h passes none.
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-psabi>)
if(FORGE_WERROR)
  target_compile_options(forge_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(FORGE_MARCH)
  target_compile_options(forge_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-march=${FORGE_MARCH}>)
endif()

if(FORGE_SANITIZE)
  target_compile_options(forge_options INTERFACE -fsanitize=${FORGE_SANITIZE} -g
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(forge_options INTERFACE -fsanitize=${FORGE_SANITIZE})
endif()

set(FORGE_CORE_SOURCES
  csrc/decide/decide_cpu.cpp
  csrc/decide/estimate_cpu.cpp
  csrc/decide/estimate_row.cpp
  csrc/decide/hidden_cpu.cpp
  csrc/decide/play_out_cpu.cpp
  csrc/decide/weigher.cpp
  csrc/decide/world_values_cpu.cpp
  csrc/decide/worlds.cpp
  csrc/play/play_cpu.cpp
  csrc/policy/evaluate_portable.cpp
  csrc/policy/policy_cpu.cpp
  csrc/search/answer_portable.cpp
  csrc/search/search_cpu.cpp
  csrc/tablebase/tablebase_cpu.cpp
  csrc/tablebase/verify_cpu.cpp
  csrc/tokens/tokens_cpu.cpp
  csrc/worlds/worlds_cpu.cpp)
# Floating point that is the same bytes everywhere: no operation is fused with another.
set_source_files_properties(
  csrc/decide/decide_cpu.cpp csrc/decide/estimate_cpu.cpp csrc/decide/estimate_row.cpp
  csrc/decide/hidden_cpu.cpp csrc/decide/play_out_cpu.cpp csrc/decide/weigher.cpp
  csrc/decide/world_values_cpu.cpp csrc/decide/worlds.cpp
  csrc/policy/evaluate_portable.cpp
  PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
if(FORGE_WASM)
  return()
endif()

add_library(forge_core STATIC ${FORGE_CORE_SOURCES})
target_link_libraries(forge_core PUBLIC forge_options)
# Nobody else may replace its functions, so that they can be inlined into each other.
set_target_properties(forge_core PROPERTIES CXX_VISIBILITY_PRESET hidden)
# The search for processors with AVX2, whatever FORGE_MARCH is; which one runs is decided there.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_sources(forge_core PRIVATE
    csrc/policy/evaluate_avx2.cpp
    csrc/search/answer_avx2.cpp)
  set_source_files_properties(csrc/search/answer_avx2.cpp PROPERTIES
    COMPILE_OPTIONS -march=x86-64-v3)
  set_source_files_properties(csrc/policy/evaluate_avx2.cpp PROPERTIES
    COMPILE_OPTIONS "-march=x86-64-v3;-ffp-contract=off")
endif()
# Its loops run over five lanes on average: vectors and their remainder loops cost 10 % there.
set_source_files_properties(csrc/tablebase/tablebase_cpu.cpp PROPERTIES
  COMPILE_OPTIONS "-fno-tree-vectorize")
