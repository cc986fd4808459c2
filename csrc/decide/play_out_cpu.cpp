#include "decide/play_out_cpu.h"

#include <algorithm>

#include "decide/by_policy.h"
#include "decide/judge.h"

namespace forge::cpu {
namespace {

// One row as the seat to act sees it, and what everybody was dealt.
struct OpenHand {
  SeenHand seen;
  Owners owners;
};

bool is_deal(const int8_t* deal) {
  uint32_t dominoes = 0;
  for (int i = 0; i < N_DOMINOES; ++i) {
    if (deal[i] < 0 || deal[i] >= N_DOMINOES) return false;
    dominoes |= uint32_t{1} << deal[i];
  }
  return dominoes == ALL_RANKS;
}

// Why row i cannot be, or nullptr and the row.
const char* read_open(const OpenHands& hands, int64_t i, OpenHand* out) {
  const int decl = hands.decls[i];
  if (const char* why = contract_error(decl, hands.needed[i])) return why;
  const int8_t* const deal = hands.deals + N_DOMINOES * i;
  if (!is_deal(deal)) return "deals must hold each domino 0..27 once";
  const RankTables& t = rank_tables(decl);
  for (int seat = 0; seat < N_SEATS; ++seat) {
    out->owners.dealt[seat] = 0;
    for (int slot = 0; slot < N_SLOTS; ++slot)
      out->owners.dealt[seat] |= uint32_t{1} << t.rank_of[deal[N_SLOTS * seat + slot]];
  }
  PublicHand& now = out->seen.now;
  now = start_hand(decl, hands.needed[i]);
  const int8_t* const plays = hands.plays + N_PLAYS * i;
  int n = 0;
  for (; n < N_PLAYS && plays[n] >= 0; ++n) {
    if (plays[n] >= N_DOMINOES) return plays_error();
    const int rank = t.rank_of[plays[n]];
    const uint32_t held = out->owners.dealt[now.seat()] & ~now.by[now.seat()];
    if (!(now.legal(held) >> rank & 1)) return "a seat played what it may not play";
    play_rank(&now, rank);
  }
  if (std::any_of(plays + n, plays + N_PLAYS, [](int8_t x) { return x != -1; }))
    return plays_error();
  if (n == N_PLAYS) return "a hand that is over has nothing to play";
  read_own(deal + N_SLOTS * now.seat(), &out->seen);
  return nullptr;
}

}  // namespace

int64_t first_bad_open(const OpenHands& hands, const char** reason) {
  OpenHand hand;
  for (int64_t i = 0; i < hands.n; ++i)
    if ((*reason = read_open(hands, i, &hand))) return i;
  return -1;
}

void play_out(const OpenHands& hands, const PolicyWeights& weights, int8_t* made,
              const Parallel& how) {
  const Judge judge{fastest_policy(), weights};
  parallel_for(how, hands.n, 8, [&](int, int64_t begin, int64_t end) {
    OpenHand hand;
    for (int64_t i = begin; i < end; ++i) {
      read_open(hands, i, &hand);
      int8_t* const row = made + N_SLOTS * i;
      std::fill_n(row, N_SLOTS, int8_t{-1});
      for (int slot = 0; slot < N_SLOTS; ++slot)
        if (hand.seen.legal >> hand.seen.slot_rank[slot] & 1)
          row[slot] = roll_out(hand.seen, hand.owners, slot, judge);
    }
  });
}

}  // namespace forge::cpu
