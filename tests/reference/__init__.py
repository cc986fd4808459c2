"""A slow, obvious reference of Texas 42, written from the rules and formats alone.

It imports nothing from ``forge`` and uses no tables: a domino is a ``(high, low)`` tuple and every
question is answered the way a player would. All values are in the **team-0 frame**.
"""
