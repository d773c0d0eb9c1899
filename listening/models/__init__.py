"""What listeners say of songs."""

from listening.models.rating import Rating

__all__ = ["Rating"]
