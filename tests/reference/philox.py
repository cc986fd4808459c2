"""Philox 4x32-10 and integers from it, as the paper writes them."""

from collections.abc import Iterator

WORD = 2**32
Counter = tuple[int, int, int, int]


def philox4x32(counter: Counter, key: tuple[int, int]) -> Counter:
    """Return four random words of 32 bits for a counter and a key (Salmon et al., SC 2011)."""
    left0, right0, left1, right1 = counter
    key0, key1 = key
    for _ in range(10):
        product0 = 0xD2511F53 * left0
        product1 = 0xCD9E8D57 * left1
        left0, right0, left1, right1 = (
            product1 // WORD ^ right0 ^ key0,
            product1 % WORD,
            product0 // WORD ^ right1 ^ key1,
            product0 % WORD,
        )
        key0 = (key0 + 0x9E3779B9) % WORD
        key1 = (key1 + 0xBB67AE85) % WORD
    return left0, right0, left1, right1


def words(key: int, index: int, stream: int) -> Iterator[int]:
    """Yield the words of an item of a key (int64); each stream of an item has its own."""
    halves = key % WORD, key // WORD % WORD
    block = 0
    while True:
        yield from philox4x32((index % WORD, index // WORD, block, stream), halves)
        block += 1


def below(bound: int, random: Iterator[int]) -> int:
    """Return an integer in [0, bound): word * bound / 2^32, words that would be unfair left out."""
    for word in random:
        if word * bound % WORD >= WORD % bound:
            return word * bound // WORD
    raise AssertionError("the words never end")
