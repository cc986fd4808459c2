#include "decide/estimate_cpu.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "decide/estimate_row.h"

namespace forge::cpu {
namespace {

// Decisions and worlds in memory at a time; worlds that a worker takes at a time.
constexpr int64_t MAX_ROWS = 256;
constexpr int64_t MAX_WORLDS = int64_t{1} << 18;
constexpr int64_t EARLY_PIECE = 16, LATE_PIECE = 128;

struct Piece {
  EstimateRow* row;
  int64_t begin, end;  // worlds
};

// Where the rows that fit in memory together with `begin` end.
int64_t end_of_group(const int64_t* n_possible, int64_t begin, int64_t n,
                     const EstimateSettings& settings) {
  const int64_t sampled = settings.adaptive.min_samples ? std::max(settings.adaptive.min_samples,
                                                                   settings.adaptive.batch_size)
                                                        : settings.n_samples;
  int64_t end = begin, n_worlds = 0;
  for (; end < n && end - begin < MAX_ROWS; ++end) {
    n_worlds += n_possible[end] <= settings.all_up_to ? n_possible[end] : sampled;
    if (n_worlds > MAX_WORLDS && end > begin) break;
  }
  return end;
}

class Estimator {
 public:
  Estimator(SearchMemories& memories, const Parallel& how) : memories_(memories), how_(how) {
    pools_.resize(static_cast<size_t>(std::max(how.n_threads, 1)));
  }

  void run(const std::vector<EstimateRow*>& rows) {
    std::vector<EstimateRow*> open = rows;
    while (!open.empty()) {
      for_each(open, [&](EstimateRow& row, int worker, Pause& pause) {
        auto& pool = pools_[static_cast<size_t>(worker)];
        if (!pool) pool = std::make_unique<SeatWorlds>();
        row.draw(*pool, [&] { pause.look(); });
      });
      value(open);
      for_each(open, [](EstimateRow& row, int, Pause&) { row.count(); });
      open.erase(std::remove_if(open.begin(), open.end(), [](auto* row) { return !row->open(); }),
                 open.end());
    }
  }

 private:
  template <class Body>
  void for_each(const std::vector<EstimateRow*>& rows, const Body& body) {
    const auto n = static_cast<int64_t>(rows.size());
    parallel_for(how_, n, 1, [&](int worker, int64_t begin, int64_t end) {
      Pause pause(how_, worker);
      for (int64_t k = begin; k < end; ++k) body(*rows[static_cast<size_t>(k)], worker, pause);
    });
  }

  // All worlds drawn. Those of one decision may be the work of several threads.
  void value(const std::vector<EstimateRow*>& rows) {
    pieces_.clear();
    for (EstimateRow* row : rows) {
      const int64_t size = row->is_early() ? EARLY_PIECE : LATE_PIECE;
      for (int64_t begin = 0; begin < row->n_drawn(); begin += size)
        pieces_.push_back({row, begin, std::min(begin + size, row->n_drawn())});
    }
    memories_.reserve(how_.n_threads);
    const auto n = static_cast<int64_t>(pieces_.size());
    parallel_for(how_, n, 1, [&](int worker, int64_t begin, int64_t end) {
      Pause pause(how_, worker);
      for (int64_t k = begin; k < end; ++k) {
        const Piece& piece = pieces_[static_cast<size_t>(k)];
        for (int64_t i = piece.begin; i < piece.end; ++i) {
          pause.look();
          piece.row->value(i, memories_.of(worker));
        }
      }
    });
  }

  SearchMemories& memories_;
  const Parallel& how_;
  std::vector<std::unique_ptr<SeatWorlds>> pools_;  // a worker's
  std::vector<Piece> pieces_;
};

// Worlds of every row; the first row without one, or -1.
int64_t count_possible(const SeenBatch& batch, int64_t* n_possible) {
  SeenHand seen;
  for (int64_t i = 0; i < batch.n; ++i) {
    read_seen(batch, i, &seen);
    n_possible[i] = count_worlds(constraints_of(seen));
    if (!n_possible[i]) return i;
  }
  return -1;
}

}  // namespace

int64_t estimate(const SeenBatch& batch, const int64_t* keys, const PolicyWeights& weights,
                 const EstimateSettings& settings, const Estimates& out, SearchMemories& memories,
                 const Parallel& given) {
  const int64_t bad = count_possible(batch, out.n_possible);
  if (bad >= 0) return bad;
  std::atomic<bool> stopped{false};
  Parallel how = given;
  how.stopped = &stopped;
  Estimator estimator(memories, how);
  std::vector<std::unique_ptr<EstimateRow>> rows;
  std::vector<EstimateRow*> group;
  for (int64_t begin = 0, end; begin < batch.n; begin = end) {
    end = end_of_group(out.n_possible, begin, batch.n, settings);
    group.clear();
    for (int64_t i = begin; i < end; ++i) {
      if (static_cast<int64_t>(rows.size()) <= i - begin)
        rows.push_back(std::make_unique<EstimateRow>(settings, weights));
      EstimateRow* const row = rows[static_cast<size_t>(i - begin)].get();
      row->begin(batch, i, keys[i]);
      group.push_back(row);
    }
    estimator.run(group);
    for (int64_t i = begin; i < end; ++i) {
      const EstimateRow& row = *group[static_cast<size_t>(i - begin)];
      write_estimate(row.sums(), row.seen(), settings.for_chance, row.converged(), i, out);
    }
  }
  return -1;
}

}  // namespace forge::cpu
