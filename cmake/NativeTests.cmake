# Tests of the native core without Python, for sanitizers: cmake -DFORGE_NATIVE_TESTS=on
# -DFORGE_SANITIZE=address,undefined, then ctest.
enable_testing()
# The kernels that they run on the host are compiled as those of a device are: nothing is fused.
set_source_files_properties(
  tests/native/test_decide.cpp tests/native/test_estimate.cpp tests/native/test_policy.cpp
  PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
foreach(name core decide estimate play policy search tablebase worlds)
  add_executable(test_${name} tests/native/test_${name}.cpp)
  target_link_libraries(test_${name} PRIVATE forge_core)
  target_include_directories(test_${name} PRIVATE tests/native)
  add_test(NAME ${name} COMMAND test_${name})
endforeach()
