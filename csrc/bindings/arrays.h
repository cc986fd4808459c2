// Arrays as they come from Python: type, rank and fixed extents are checked where a call is made,
// so that addresses and counts cannot be swapped. Nothing is copied.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace forge::bindings {

namespace py = pybind11;

inline constexpr int64_t ANY = -1;  // an extent that may be anything

// Contiguous elements in C order. EXTENTS says how many there must be in each dimension.
template <class T, int64_t... EXTENTS>
struct View {
  static constexpr size_t N_DIMS = sizeof...(EXTENTS);
  T* data = nullptr;
  std::array<int64_t, N_DIMS> shape = {};

  int64_t rows() const { return shape[0]; }
};

// A view of a NumPy array: of const T read only, else to be written to.
template <class T, int64_t... EXTENTS>
struct Host : View<T, EXTENTS...> {};

// Memory on a device as Python describes it.
struct DeviceArray {
  std::uintptr_t address;
  std::vector<int64_t> shape;
  std::string dtype;  // NumPy's name of it
};

// A view of a DeviceArray.
template <class T, int64_t... EXTENTS>
struct Device : View<T, EXTENTS...> {};

template <class T>
constexpr auto dtype_name() {
  using py::detail::const_name;
  if constexpr (std::is_same_v<T, bool>) return const_name("bool");
  else if constexpr (std::is_same_v<T, int8_t>) return const_name("int8");
  else if constexpr (std::is_same_v<T, uint8_t>) return const_name("uint8");
  else if constexpr (std::is_same_v<T, int16_t>) return const_name("int16");
  else if constexpr (std::is_same_v<T, int32_t>) return const_name("int32");
  else if constexpr (std::is_same_v<T, float>) return const_name("float32");
  else if constexpr (std::is_same_v<T, double>) return const_name("float64");
  else return const_name("int64");
}

template <class T>
inline constexpr auto DTYPE = dtype_name<std::remove_const_t<T>>();

// What an argument must be.
struct Expected {
  const char* dtype;
  char kind;  // as NumPy has it: b, i, u, f
  int64_t item_size;
  bool writes;
  const int64_t* shape;
  size_t n_dims;
};

template <class T, int64_t... EXTENTS>
inline constexpr int64_t SHAPE[] = {EXTENTS...};

template <class T>
constexpr char kind_of() {
  if (std::is_same_v<std::remove_const_t<T>, bool>) return 'b';
  if (std::is_floating_point_v<T>) return 'f';
  return std::is_signed_v<T> ? 'i' : 'u';
}

template <class T, int64_t... EXTENTS>
inline constexpr Expected EXPECTED = {
    DTYPE<T>.text,       kind_of<T>(),         sizeof(T),
    !std::is_const_v<T>, SHAPE<T, EXTENTS...>, sizeof...(EXTENTS)};

// The address of an array's first element, and its shape; TypeError unless it is as expected.
void* read_array(py::handle source, const Expected& expected, int64_t* shape);
void* read_device_array(const DeviceArray& found, const Expected& expected, int64_t* shape);

}  // namespace forge::bindings

namespace pybind11::detail {

template <class T, int64_t... EXTENTS>
struct type_caster<forge::bindings::Host<T, EXTENTS...>> {
  using Host = forge::bindings::Host<T, EXTENTS...>;
  static constexpr auto NAME = const_name("numpy.typing.NDArray[numpy.") +
                               forge::bindings::DTYPE<T> +
                               const_name<std::is_same_v<std::remove_const_t<T>, bool>>("_]", "]");
  PYBIND11_TYPE_CASTER(Host, NAME);

  bool load(handle source, bool) {
    value.data = static_cast<T*>(forge::bindings::read_array(
        source, forge::bindings::EXPECTED<T, EXTENTS...>, value.shape.data()));
    return true;
  }
};

template <class T, int64_t... EXTENTS>
struct type_caster<forge::bindings::Device<T, EXTENTS...>> {
  using Device = forge::bindings::Device<T, EXTENTS...>;
  PYBIND11_TYPE_CASTER(Device, const_name("DeviceArray"));

  bool load(handle source, bool) {
    make_caster<forge::bindings::DeviceArray> caster;
    if (!caster.load(source, false)) return false;
    value.data = static_cast<T*>(forge::bindings::read_device_array(
        cast_op<const forge::bindings::DeviceArray&>(caster),
        forge::bindings::EXPECTED<T, EXTENTS...>, value.shape.data()));
    return true;
  }
};

}  // namespace pybind11::detail
