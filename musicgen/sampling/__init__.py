"""Composing with a trained network. Importing it loads no Keras; `composer` does."""

from __future__ import annotations

from musicgen.sampling.settings import SamplingSettings, SamplingSettingsError

__all__ = ["SamplingSettings", "SamplingSettingsError"]
