"""E[Q]: what a play is worth to a seat that does not see the other hands.

What the others may hold follows from the plays (`forge.play.games`); hands are sampled or
enumerated (`worlds`), given to an oracle that sees all (`oracle`), weighed (`posterior`) and
averaged (`estimate`).

Frames: an oracle answers in the **team-0 frame**; everything that is recorded or decided by is in
the **acting-team frame** (the sign flips when seat 1 or 3 acts).
"""
