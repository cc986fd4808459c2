#include <memory>

#include "bindings/common.h"
#include "core/host_pool.h"

namespace forge::bindings {
namespace {

// A buffer that goes back to its pool with its last user (a tensor made by torch.frombuffer).
class PooledBuffer {
 public:
  PooledBuffer(std::shared_ptr<HostPool> pool, size_t n_bytes)
      : pool_(std::move(pool)), block_(pool_->take(n_bytes)) {}
  ~PooledBuffer() { pool_->give_back(block_); }
  PooledBuffer(const PooledBuffer&) = delete;
  PooledBuffer& operator=(const PooledBuffer&) = delete;

  py::buffer_info info() const {
    return py::buffer_info(static_cast<uint8_t*>(block_.data),
                           static_cast<py::ssize_t>(block_.n_bytes));
  }

 private:
  std::shared_ptr<HostPool> pool_;
  HostPool::Block block_;
};

}  // namespace

void bind_memory(py::module_& m) {
  py::class_<HostPool, std::shared_ptr<HostPool>>(
      m, "HostPool", "Memory of large outputs, kept for the next; at most `keep_bytes` of it.")
      .def(py::init<size_t>(), "keep_bytes"_a)
      .def("release", &HostPool::release, "Gives what is kept back to the system.")
      .def_property_readonly("kept_bytes", &HostPool::kept_bytes, "Bytes waiting for a use.");
  py::class_<PooledBuffer>(m, "PooledBuffer", py::buffer_protocol(),
                           "A buffer that goes back to its pool with its last user.")
      .def(py::init<std::shared_ptr<HostPool>, size_t>(), "pool"_a, "n_bytes"_a)
      .def_buffer([](PooledBuffer& buffer) { return buffer.info(); });
}

}  // namespace forge::bindings
