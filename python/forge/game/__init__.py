"""The game itself: dominoes, deals, declarations, contracts and the packed state, read from the
native core.
"""
