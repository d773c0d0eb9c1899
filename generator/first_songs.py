"""What a new site asks its own networks for, so that there is something to hear."""

from typing import Final

# Length in seconds and temperature; the seeds are 1, 2, 3 … The first is short, so that there soon
# is something to hear. Ten, so that eight remain if a take or two turn out flawed.
FIRST_SONGS: Final = (
    (30.0, 0.9),
    (45.0, 1.0),
    (60.0, 0.9),
    (60.0, 1.0),
    (75.0, 0.95),
    (60.0, 0.8),
    (90.0, 1.0),
    (60.0, 1.05),
    (60.0, 0.9),
    (120.0, 1.0),
)
