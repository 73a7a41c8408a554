"""For customers on each channel: one file a channel; `base` says what a channel must do."""
