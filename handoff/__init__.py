"""For agents: the queue, the desk and their API."""
