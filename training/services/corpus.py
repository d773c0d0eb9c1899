"""A dataset prepared for one representation is remembered, for every run that wants the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from training.models import Corpus, Dataset


def options_key(options: Mapping[str, Any]) -> str:
    """A short digest that is equal for equal options."""
    canonical = json.dumps(options, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@transaction.atomic
def corpus_record(
    *,
    dataset: Dataset,
    representation: str,
    options: Mapping[str, Any],
    corpus_hash: str,
    piece_counts: Mapping[str, int],
    token_counts: Mapping[str, int],
    vocabulary_size: int,
) -> Corpus:
    """Remember a corpus whose folder is in its place.

    Args:
        options: what it was prepared with.
        piece_counts, token_counts: by split.
    """
    corpus, _ = Corpus.objects.update_or_create(
        dataset=dataset,
        representation=representation,
        options_key=options_key(options),
        defaults={
            "options": dict(options),
            "corpus_hash": corpus_hash,
            "piece_counts": dict(piece_counts),
            "token_counts": dict(token_counts),
            "vocabulary_size": vocabulary_size,
        },
    )
    return corpus
