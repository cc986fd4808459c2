"""What tests of several layers share; nothing here is a test.

threads          one thread for computations too small for two
commands         commands of `forge` in this process or as processes
batches          positions of random games, as the batch ops take them
lines            hands of random play, ours and of the reference
views            what a seat may know of them
world_sets       questions about hidden hands
claims           on files, for the tests of who writes what
shards           made-up rows, one tiny solved deal, shards of other makers
tiny_shards      that deal under many names
synthetic_rows   tokenised rows with no game behind them
played_rows      real ones, with exact values
records          small E[Q] records and folders of them
checkpoints      networks too small to know anything, as a run leaves them
resuming         runs that stop on the way and go on
calibrations     calibrations of bidding
evaluations      of hands that no game stands behind
"""
