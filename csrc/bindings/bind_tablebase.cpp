#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "bindings/common.h"
#include "core/host_pool.h"
#include "tablebase/tablebase.h"
#include "tablebase/verify.h"

namespace forge::bindings {
namespace {

// Scratch of one tablebase: 3.4 MB of reachable rows, 0.8 MB of counts, 13.6 MB of values.
class TablebaseWork {
 public:
  explicit TablebaseWork(std::shared_ptr<HostPool> pool)
      : pool_(std::move(pool)),
        rows_(pool_->take(sizeof(uint64_t) * N_ROWS)),
        counts_(pool_->take(sizeof(uint32_t) * N_COUNTS)),
        level_values_(pool_->take(N_VALUES)) {}
  ~TablebaseWork() {
    for (const HostPool::Block& block : {rows_, counts_, level_values_}) pool_->give_back(block);
  }
  TablebaseWork(const TablebaseWork&) = delete;
  TablebaseWork& operator=(const TablebaseWork&) = delete;

  Reach reach() const {
    return {static_cast<uint64_t*>(rows_.data), static_cast<uint32_t*>(counts_.data)};
  }
  int8_t* level_values() const { return static_cast<int8_t*>(level_values_.data); }

  // What `reach` holds: the states of a deal.
  struct Reached {
    DealContext context;
    int64_t n_states;
  };
  void set_reached(const std::optional<Reached>& reached) { reached_ = reached; }
  // The deal whose states are to be written; ValueError unless there is room for all of them.
  DealContext deal_of(int64_t rows) const {
    if (!reached_) throw py::value_error("reach_states comes first");
    if (rows != reached_->n_states)
      throw py::value_error("states has " + std::to_string(rows) + " rows, there are " +
                            std::to_string(reached_->n_states) + " states");
    return reached_->context;
  }

 private:
  std::shared_ptr<HostPool> pool_;
  HostPool::Block rows_, counts_, level_values_;
  std::optional<Reached> reached_;
};

using HostQ = Host<int8_t, ANY, N_SLOTS>;

}  // namespace

void bind_tablebase(py::module_& m) {
  py::class_<TablebaseWork>(m, "TablebaseWork", "Scratch of one tablebase, from a pool.")
      .def(py::init<std::shared_ptr<HostPool>>(), "pool"_a);

  m.def(
      "reach_states",
      [](const HostDeal& deal, int decl, TablebaseWork& work, int n_threads) {
        const DealContext context = context_of(deal, decl);
        work.set_reached({});
        const int64_t n_states = without_gil(n_threads, [&](const Parallel& how) {
          return cpu::reach_states(context, work.reach(), how);
        });
        work.set_reached({{context, n_states}});
        return n_states;
      },
      "Marks the states that can be reached, and returns how many there are.", "deal"_a, "decl"_a,
      "work"_a, "n_threads"_a);
  m.def(
      "emit_states",
      [](TablebaseWork& work, const Host<int64_t, ANY>& states, int n_threads) {
        const DealContext context = work.deal_of(states.rows());
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::emit_states(context, work.reach(), nullptr, {states.data, nullptr, nullptr},
                           states.rows(), how);
        });
      },
      "After `reach_states`: all states, ascending.", "work"_a, "states"_a, "n_threads"_a);
  m.def(
      "emit_solution",
      [](TablebaseWork& work, const Host<int64_t, ANY>& states, const Host<int8_t, ANY>& values,
         const HostQ& q, int n_threads) {
        const DealContext context = work.deal_of(states.rows());
        check_rows("values", values.rows(), states.rows());
        check_rows("q", q.rows(), states.rows());
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::emit_states(context, work.reach(), work.level_values(),
                           {states.data, values.data, q.data}, states.rows(), how);
        });
      },
      "After `reach_states`: all states, ascending, with V and q in the team-0 frame.", "work"_a,
      "states"_a, "values"_a, "q"_a, "n_threads"_a);
  m.def(
      "backward_induction",
      [](const HostDeal& deal, int decl, const HostStates& states, TablebaseWork& work,
         const Host<int8_t, ANY>& values, const HostQ& q, int n_threads) {
        const DealContext context = context_of(deal, decl);
        check_rows("values", values.rows(), states.rows());
        check_rows("q", q.rows(), states.rows());
        work.set_reached({});
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::backward_induction(context, states.data, states.rows(), work.reach(),
                                  work.level_values(), values.data, q.data, how);
        });
      },
      "V and q of any states of the deal, team-0 frame.", "deal"_a, "decl"_a, "states"_a, "work"_a,
      "values"_a, "q"_a, "n_threads"_a);
  m.def(
      "expand_states",
      [](const HostDeal& deal, int decl, const HostStates& states,
         const Host<int64_t, ANY, N_SLOTS>& children, int n_threads) {
        const DealContext context = context_of(deal, decl);
        check_rows("children", children.rows(), states.rows());
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::expand_states(context, states.data, states.rows(), children.data, how);
        });
      },
      "The state after every slot, -1 where the slot is not legal.", "deal"_a, "decl"_a, "states"_a,
      "children"_a, "n_threads"_a);
  m.def(
      "verify_tablebase",
      [](const HostDeal& deal, int decl, const HostStates& states, const HostSmall& values,
         const Host<const int8_t, ANY, N_SLOTS>& q, int n_threads) {
        const DealContext context = context_of(deal, decl);
        const int64_t n = states.rows();
        check_rows("values", values.rows(), n);
        check_rows("q", q.rows(), n);
        const Verdict v = without_gil(n_threads, [&](const Parallel& how) {
          std::vector<uint8_t> has_parent(static_cast<size_t>(n));
          return cpu::verify_tablebase(context, states.data, values.data, q.data, n,
                                       has_parent.data(), how);
        });
        return std::make_tuple(v.n_faults, v.first_row, std::string(describe(v.first_fault)));
      },
      "Number of faulty rows, the first of them or -1, and what is wrong with it.", "deal"_a,
      "decl"_a, "states"_a, "values"_a, "q"_a, "n_threads"_a);
}

}  // namespace forge::bindings
