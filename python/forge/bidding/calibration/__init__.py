"""From what perfect play makes to the chance at a table, as fitted to hands that were played."""
