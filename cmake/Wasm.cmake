# Toolchain of the WebAssembly build: clang and libc++ from the package `ziglang` of PyPI.
#   cmake -S . -B build/wasm -G Ninja --toolchain cmake/Wasm.cmake && cmake --build build/wasm
# puts web/core/crystal-forge.wasm in place. Python_EXECUTABLE says whose ziglang is meant.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES Python_EXECUTABLE FORGE_ZIG)

if(NOT Python_EXECUTABLE)
  find_program(Python_EXECUTABLE NAMES python3 python REQUIRED)
endif()
if(NOT FORGE_ZIG)
  execute_process(
    COMMAND ${Python_EXECUTABLE} -c "import pathlib, ziglang; print(pathlib.Path(ziglang.__file__).with_name('zig'))"
    OUTPUT_VARIABLE FORGE_ZIG OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE missing ERROR_QUIET)
  if(missing)
    message(FATAL_ERROR "${Python_EXECUTABLE} has no ziglang: pip install ziglang")
  endif()
  set(FORGE_ZIG ${FORGE_ZIG} CACHE FILEPATH "The compiler of the WebAssembly build")
endif()

set(CMAKE_CXX_COMPILER ${FORGE_ZIG} c++)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
# Neither threads nor exceptions (core/one_thread.h); vectors of 16 bytes, which every browser has
# had since 2023. More steps for the tables that the compiler works out (search/canonical.h).
set(CMAKE_CXX_FLAGS_INIT "-msimd128 -fno-exceptions -fno-rtti -fconstexpr-steps=50000000")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-mexec-model=reactor -Wl,--strip-all")
