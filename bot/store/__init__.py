"""For every room: the one database, its tables, and the wake-ups that travel with its commits."""
