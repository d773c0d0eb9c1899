"""What floors above may want to know."""

from django.dispatch import Signal

# A worker is about to take its first job. Argument: queue (str).
worker_ready = Signal()

# A checkpoint of a run can be composed from. Sent once for each, after its row is committed.
# Argument: checkpoint_id (int).
checkpoint_saved = Signal()

# Some seconds have passed; sent by the reaper, for what must be looked after now and then.
# What a receiver does must be a matter of milliseconds. No arguments.
time_passed = Signal()
