"""Games of other libraries: Texas 42 for OpenSpiel and PettingZoo, by the rules of the core."""
