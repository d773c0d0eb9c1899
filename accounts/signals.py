"""What other apps may want to know of listeners."""

from django.dispatch import Signal

# Sent in the transaction that joins an anonymous listener to the one a user already has.
# Arguments: source (Listener, about to be deleted), target (Listener, who keeps what was theirs).
listener_merged = Signal()
