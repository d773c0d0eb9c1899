"""The files of an archive, one after another, so that no more than one is in memory."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q

from generator.models import Song, SongKind
from musicgen.learning import CheckpointError, read_checkpoint
from papers.archive import plots, tables, words
from papers.archive.verdicts import study_files, verdict_files
from papers.models import MOST_SONGS, PaperExport
from training.models import Checkpoint


def selected_songs(export: PaperExport) -> list[Song]:
    """The published songs that it is about, by checkpoint and number."""
    songs = Song.objects.published().select_related("checkpoint__dataset", "checkpoint__run")
    wanted = (
        Q(checkpoint__in=export.checkpoints.all())
        | Q(pk__in=export.songs.values("pk"))
        | Q(pk__in=Song.objects.filter(studies__in=export.studies.all()).values("pk"))
    )
    if export.with_human:
        wanted |= Q(kind=SongKind.HUMAN)
    chosen = songs.filter(wanted)
    network, step = F("checkpoint__network").asc(nulls_last=True), F("checkpoint__step").asc(nulls_last=True)
    return list(chosen.order_by(network, step, "pk")[:MOST_SONGS])


def archive_contents(export: PaperExport, songs: list[Song]) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file."""
    heard = {song.checkpoint_id for song in songs if song.checkpoint_id}
    asked = set(export.checkpoints.values_list("pk", flat=True))
    rows = Checkpoint.objects.filter(pk__in=heard | asked).select_related("dataset", "run")
    checkpoints = list(rows.order_by("network", "step", "pk"))
    studies = list(export.studies.order_by("pk"))
    facts = {checkpoint.pk: checkpoint_facts(checkpoint) for checkpoint in checkpoints}
    yield "README.txt", words.readme(export, songs, checkpoints).encode()
    yield "METHODS.md", words.methods(songs, checkpoints, facts, studies).encode()
    yield "CITATION.cff", words.citation_cff(export).encode()
    yield "CITATION.bib", words.citation_bib(export).encode()

    for name, table in tables.all_tables(songs, checkpoints).items():
        yield f"tables/{name}.csv", tables.as_csv(table)
        yield f"tables/{name}.tex", tables.as_latex(table, caption=tables.CAPTIONS[name]).encode()
    for checkpoint in checkpoints:
        yield f"checkpoints/{checkpoint.slug}.json", _json(facts[checkpoint.pk])
    for name, figure in plots.all_plots(songs, checkpoints).items():
        for kind, content in figure.items():
            yield f"plots/{name}.{kind}", content
    yield from verdict_files(songs)
    yield from study_files(studies)
    for song in songs:
        stem = f"songs/{song.pk:06d}-{song.file_stem}"
        yield f"{stem}.json", _json(song_facts(song))
        if song.midi_path and song.midi_file.is_file():
            yield f"{stem}.mid", song.midi_file.read_bytes()


def checkpoint_facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """Everything that a checkpoint says of itself, without its vocabulary."""
    facts: dict[str, Any] = {
        "slug": checkpoint.slug,
        "title": checkpoint.title,
        "network": checkpoint.network,
        "representation": checkpoint.representation,
        "step": checkpoint.step,
        "parameters": checkpoint.parameters,
        "metrics": checkpoint.metrics,
        "weights_sha256": checkpoint.weights_sha256,
        "corpus_hash": checkpoint.corpus_hash,
        "dataset": str(checkpoint.dataset) if checkpoint.dataset else None,
        "dataset_licence": checkpoint.dataset.get_licence_display() if checkpoint.dataset else None,
        "run": checkpoint.run_id,
    }
    try:
        info = read_checkpoint(checkpoint.path)
    except CheckpointError:  # the weights are gone; what the row says stays true
        return facts
    return {**facts, "config": info.config, "settings": info.settings, "seed": info.seed, "epoch": info.epoch}


def song_facts(song: Song) -> dict[str, Any]:
    """Where a song came from, and its measures."""
    return {
        "id": song.pk,
        "title": song.title,
        "kind": song.kind,
        "checkpoint": song.checkpoint.slug if song.checkpoint else None,
        "step": song.checkpoint.step if song.checkpoint else None,
        "weights_sha256": song.checkpoint.weights_sha256 if song.checkpoint else None,
        "corpus_hash": song.checkpoint.corpus_hash if song.checkpoint else None,
        "seed": song.seed,
        "settings": song.settings,
        "seconds": song.seconds,
        "notes": song.note_count,
        "midi_sha256": song.midi_sha256,
        "flaw": song.flaw,
        "ratings": song.rating_count,
        "rating_mean": song.rating_mean,
        "statistics": song.statistics,
        "created_at": song.created_at.isoformat(),
    }


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n").encode()
