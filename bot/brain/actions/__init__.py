"""For trainers: what the bot can do besides talking; each class is an action that stories/ may name."""
