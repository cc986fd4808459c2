# The native core: no Python, no torch.
find_package(Threads REQUIRED)

add_library(forge_options INTERFACE)
target_include_directories(forge_options INTERFACE ${PROJECT_SOURCE_DIR}/csrc)
target_link_libraries(forge_options INTERFACE Threads::Threads)
target_compile_options(forge_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wpedantic>)
if(FORGE_WERROR)
  target_compile_options(forge_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(FORGE_MARCH)
  target_compile_options(forge_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-march=${FORGE_MARCH}>)
endif()

add_library(forge_core STATIC
  csrc/search/search_cpu.cpp
  csrc/tablebase/tablebase_cpu.cpp
  csrc/tablebase/verify_cpu.cpp
  csrc/tokens/tokens_cpu.cpp)
target_link_libraries(forge_core PUBLIC forge_options)
