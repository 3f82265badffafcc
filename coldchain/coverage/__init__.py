"""Where a telephone has a signal: blind villages and lanes, masts that would change that, and who pays them."""
