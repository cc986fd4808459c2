import sys

PIPS = [(high, low) for high in range(7) for low in range(high + 1)]


def is_called(domino, decl):
    """Whether a domino is of the called suit: trumps, or doubles that are a suit."""
    high, low = PIPS[domino]
    return high == low if decl in (7, 8) else decl in (high, low)


def follows(domino, led, decl):
    """Whether a domino is of the suit that another one led."""
    if is_called(led, decl) or is_called(domino, decl):
        return is_called(led, decl) and is_called(domino, decl)
    return PIPS[led][0] in PIPS[domino]


def points(domino):
    total = sum(PIPS[domino])
    return total if total % 5 == 0 else 0


def play(seat, decl, bidder, *rest):
    hand, n, pairs = rest[:7], rest[7], rest[8:]
    plays = list(zip(pairs[::2], pairs[1::2], strict=True))
    trick = plays[n - n % 4 :]
    held = [domino for domino in hand if domino not in pairs[1::2]]
    legal = [d for d in held if trick and follows(d, trick[0][1], decl)] or held
    partner_leads = bool(trick) and trick[0][0] == (seat + 2) % 4
    return max(legal, key=lambda domino: points(domino) * (1 if partner_leads else -1))


for line in sys.stdin:
    words = line.split()
    if words[0] == "declare":
        hand = [PIPS[int(word)] for word in words[2:]]
        print(max(range(7), key=lambda pip: sum(pip in domino for domino in hand)), flush=True)
    else:
        print(play(*map(int, words)), flush=True)
