"""Template tags of the training app."""
