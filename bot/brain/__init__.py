"""For customers: understands a message, decides, answers; Rasa runs in here, and nowhere else."""
