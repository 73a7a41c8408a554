"""For customers: from a message on a channel to its answer."""

__version__ = "0.1.0"
