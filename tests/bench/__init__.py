"""For whoever wants to know how fast Jieli is, beside Rasa alone: `make bench`."""
