"""Folder or archive of MIDI → checked, deduplicated, split and packed tokens.

Importing this package loads no MIDI library; `musicgen.corpus.prepare` does.
"""

from __future__ import annotations

from musicgen.corpus.errors import ArchiveError, CorpusError
from musicgen.corpus.reader import Corpus, Pieces, open_corpus

__all__ = ["ArchiveError", "Corpus", "CorpusError", "Pieces", "open_corpus"]
