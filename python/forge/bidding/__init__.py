"""Bidding: the chance to make each bid with a hand, under every trump.

Seat 0 is the declarer: it holds the hand and leads first; team 0 is the seats 0 and 2. The other
hands are dealt at random (`deals`), each deal is played or solved (`simulate`), and what came out
is counted (`estimates`). Points are those of team 0, of the hand's 42.
"""
