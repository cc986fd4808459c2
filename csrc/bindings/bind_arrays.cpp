#include <algorithm>

#include "bindings/common.h"

namespace forge::bindings {

namespace {

// As "int8 [*, 4, 7]".
template <class Extent>
std::string described(const std::string& dtype, const Extent* shape, size_t n_dims) {
  std::string text = dtype + " [";
  for (size_t k = 0; k < n_dims; ++k)
    text += (k ? ", " : "") + (shape[k] == ANY ? "*" : std::to_string(shape[k]));
  return text + "]";
}

std::string described(const Expected& expected) {
  return described(expected.dtype, expected.shape, expected.n_dims);
}

template <class Extent>
bool fits(const Expected& expected, const Extent* shape, size_t n_dims) {
  if (n_dims != expected.n_dims) return false;
  for (size_t k = 0; k < n_dims; ++k)
    if (expected.shape[k] != ANY && expected.shape[k] != shape[k]) return false;
  return true;
}

bool is_contiguous(const py::array& found) {
  const int flags = found.flags();
  return flags & py::array::c_style && flags & py::detail::npy_api::NPY_ARRAY_ALIGNED_;
}

[[noreturn]] void refuse(const py::array& found, const Expected& expected) {
  const bool read_only = expected.writes && !found.writeable();
  throw py::type_error("expected " + described(expected) + ", contiguous" +
                       (expected.writes ? " and writeable" : "") + ", got " +
                       described(std::string(py::str(py::handle(found.dtype()))), found.shape(),
                                 static_cast<size_t>(found.ndim())) +
                       (is_contiguous(found) ? "" : ", not contiguous") +
                       (read_only ? ", read-only" : ""));
}

}  // namespace

void* read_array(py::handle source, const Expected& expected, int64_t* shape) {
  if (!py::isinstance<py::array>(source))
    throw py::type_error("expected a NumPy array " + described(expected) + ", got " +
                         std::string(py::str(py::type::handle_of(source).attr("__name__"))));
  const auto found = py::reinterpret_borrow<py::array>(source);
  const py::dtype type = found.dtype();
  const bool right_type = type.kind() == expected.kind && type.itemsize() == expected.item_size &&
                          (type.byteorder() == '=' || type.byteorder() == '|');
  const auto n_dims = static_cast<size_t>(found.ndim());
  if (!right_type || !is_contiguous(found) || (expected.writes && !found.writeable()) ||
      !fits(expected, found.shape(), n_dims))
    refuse(found, expected);
  std::copy_n(found.shape(), n_dims, shape);
  return const_cast<void*>(found.data());
}

void* read_device_array(const DeviceArray& found, const Expected& expected, int64_t* shape) {
  if (found.dtype != expected.dtype || !fits(expected, found.shape.data(), found.shape.size()))
    throw py::type_error("expected " + described(expected) + " on a device, got " +
                         described(found.dtype, found.shape.data(), found.shape.size()));
  std::copy(found.shape.begin(), found.shape.end(), shape);
  return reinterpret_cast<void*>(found.address);
}

void bind_arrays(py::module_& m) {
  py::class_<DeviceArray>(m, "DeviceArray",
                          "Contiguous memory on a device, as a launch takes it: where it is, its "
                          "shape and NumPy's name of its type.")
      .def(py::init([](std::uintptr_t address, std::vector<int64_t> shape, std::string dtype) {
             return DeviceArray{address, std::move(shape), std::move(dtype)};
           }),
           "address"_a, "shape"_a, "dtype"_a);
}

}  // namespace forge::bindings
