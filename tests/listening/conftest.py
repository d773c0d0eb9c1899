"""What tests of listening share."""

from tests.generator.conftest import listener, make_song

__all__ = ["listener", "make_song"]
