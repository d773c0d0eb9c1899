"""The pages of datasets, runs and checkpoints."""
