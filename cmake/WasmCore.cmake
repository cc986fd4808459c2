# web/core/crystal-forge.wasm: the core behind one C interface, in one file. Tablebases and
# sums over worlds stay out: the page does not need them.
set(sources ${FORGE_CORE_SOURCES})
list(FILTER sources EXCLUDE REGEX "csrc/tablebase/|csrc/decide/estimate")
add_executable(forge_wasm ${sources} csrc/bindings/c_interface.cpp)
target_link_libraries(forge_wasm PRIVATE forge_options)
target_compile_options(forge_wasm PRIVATE -O3 -flto)
target_link_options(forge_wasm PRIVATE -O3 -flto)
set_target_properties(forge_wasm PROPERTIES
  OUTPUT_NAME crystal-forge SUFFIX .wasm POSITION_INDEPENDENT_CODE OFF
  RUNTIME_OUTPUT_DIRECTORY ${PROJECT_SOURCE_DIR}/web/core)
