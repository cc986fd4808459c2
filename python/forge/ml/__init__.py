"""Learning the oracle: the network, its training module, the tokenised data and the metrics.

Frames: arrays on disk are in the **team-0 frame**; everything a network puts out, and every
metric, is in the **acting-team frame** (the sign flips when seat 1 or 3 acts).
"""
