"""For customers: from a message on a channel to its answer."""
