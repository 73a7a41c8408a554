"""For tests: the platforms themselves, as real HTTP servers on loopback, with customers who use them."""
