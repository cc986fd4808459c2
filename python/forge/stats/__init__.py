"""Statistics: intervals, paired comparisons, and whether predictions can be taken at their word."""
