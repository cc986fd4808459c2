// One worker of a device: takes positions (or single slots of them) from a queue and answers them
// step by step.
#pragma once

#include "core/atomics.h"
#include "game/position_batch.h"
#include "search/machine.h"
#include "search/search.h"

namespace forge {

struct SearchJob {
  PositionBatch batch;
  const int8_t* targets;  // [B], or [1] when target_stride is 0; nullptr: exact values
  int64_t target_stride;
  int8_t* out;          // [B, width]
  int slots_per_item;   // width: a whole position an item; 1: one slot, for batches too small to
                        // give every lane a position
  int64_t* queue;       // [1], 0 at the start
  int width = N_SLOTS;  // 7: about every slot; 1: about the position itself
  const uint8_t* slots = nullptr;   // [B] the only ones asked about; nullptr: all
  const int64_t* n_rows = nullptr;  // [1] where only the device knows how many rows of the batch
                                    // there are; nullptr: all

  FORGE_INLINE int64_t n_items() const {
    return (n_rows ? *n_rows : batch.n) * (width / slots_per_item);
  }
};

class SearchLane {
 public:
  FORGE_HD SearchLane(const SearchJob& job, TableView table) : job_(job), table_(table) {
    slot_ = end_ = 0;
  }

  // Of the table, as the last position left it.
  FORGE_INLINE uint32_t epoch() const { return table_.epoch; }

  // Works until the queue is empty.
  FORGE_HD void run() {
    bool asking = false;
    for (;;) {
      int r;
      while (!asking) {
        if (ask(&r)) {
          asking = true;
          break;
        }
        const int64_t item = atomic_next(job_.queue);
        if (item >= job_.n_items()) return;
        begin(item);
      }
      if (machine_.step(deal_, table_, &r)) {
        answered(r);
        asking = false;
      }
    }
  }

 private:
  FORGE_HD void begin(int64_t item) {
    const int parts = job_.width / job_.slots_per_item;
    const int64_t i = item / parts;
    slot_ = static_cast<int>(item % parts);
    end_ = slot_ + job_.slots_per_item;
    row_ = job_.out + job_.width * i;
    hunting_ = false;
    const int8_t* deal = job_.batch.deal(i);
    const int decl = job_.batch.decl(i);
    if (!is_sound(deal, decl, job_.batch.states[i])) {
      position_.legal = 0;
      position_.question.remaining = -1;
      return;
    }
    deal_ = make_search_deal(deal, decl);
    position_ = make_search_position(deal_, deal, job_.batch.states[i]);
    if (job_.slots) position_.legal &= job_.slots[i];
    guess_ = first_guess(position_);
    if (job_.targets) threshold_ = threshold_of(position_, job_.targets[i * job_.target_stride]);
    if (++table_.epoch > MAX_EPOCH) {
      for (int64_t k = 0; k < int64_t{1} << table_.log2_size; ++k) table_.entries[k] = {0};
      table_.epoch = 1;
    }
  }

  // Nothing to ask: an illegal slot, or a row that is no position.
  FORGE_HD bool no_question() {
    const bool whole = job_.width == 1, unsound = position_.question.remaining < 0;
    if (whole ? !unsound && position_.legal : position_.legal >> slot_ & 1) return false;
    if (!whole || unsound) row_[slot_] = job_.targets ? int8_t{-1} : ILLEGAL;
    else row_[slot_] = job_.targets ? threshold_.yes(0) : 0;  // the hand is over
    return true;
  }

  // Starts the search for the next open question; false when the item is done.
  FORGE_HD bool ask(int* r) {
    for (; slot_ < end_;) {
      if (no_question()) {
        ++slot_;
        continue;
      }
      Question question = position_.question;
      if (job_.targets) {
        if (threshold_is_trivial(position_, threshold_, r)) {
          row_[slot_++] = threshold_.yes(*r);
          continue;
        }
        question.target = threshold_.target;
      } else {
        if (!hunting_) hunt_.start(question.remaining, guess_);
        hunting_ = hunt_.open();
        if (!hunting_) {
          guess_ = hunt_.lower;
          row_[slot_++] = value_of_points(position_, hunt_.lower);
          continue;
        }
        question.target = hunt_.target;
      }
      const bool whole = job_.width == 1;
      const Prefix prefix = whole ? position_.prefix : prefix_with(position_, slot_);
      if (!machine_.start(deal_, table_, question, prefix, !whole || position_.n_plays > 0, r))
        return true;
      answered(*r);
    }
    return false;
  }

  FORGE_HD void answered(int r) {
    if (job_.targets) row_[slot_++] = threshold_.yes(r);
    else hunt_.answered(r);
  }

  const SearchJob& job_;
  TableView table_;
  SearchDeal deal_;
  SearchPosition position_;
  Hunt hunt_;
  Threshold threshold_;
  int8_t* row_;
  int slot_, end_, guess_;
  bool hunting_;
  SearchMachine machine_;
};

}  // namespace forge
