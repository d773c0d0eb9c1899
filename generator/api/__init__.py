"""Songs and composing for programs."""

from generator.api.compose import router as compose
from generator.api.songs import router as songs

__all__ = ["compose", "songs"]
