"""For trainers: the parts of the pipeline in intents/config.yml that are our own."""
