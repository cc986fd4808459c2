"""What every training shares: modules, data, runs, checkpoints, curves and exports."""
