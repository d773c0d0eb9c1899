"""Names for listeners that lead nobody back."""

import uuid

from django.utils.crypto import salted_hmac


def listener_digest(listener_id: uuid.UUID) -> str:
    """A name for a listener in what is published."""
    return salted_hmac("musicgen.listening.export", str(listener_id), algorithm="sha256").hexdigest()[:16]
