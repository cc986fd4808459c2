"""One hand and what to bid with it, on one page."""
