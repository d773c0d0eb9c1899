"""Likelihood of the four public piano-roll sets under a frame network; see `__main__`."""
