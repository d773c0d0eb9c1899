"""Use a site of this project from the command line: upload, train, follow, compose, download.

The site is --site or MUSICGEN_SITE; the token, made on its account page, is in MUSICGEN_TOKEN. What
only reads needs none.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.output import (
    check_target,
    clock,
    print_json,
    print_table,
    printable,
    progress_bar,
    say,
    write_whole,
)
from musicgen.client import CheckpointRecord, DatasetRecord, RunRecord, SiteClient, SongRecord

DEFAULT_SITE: Final = "http://127.0.0.1:8000"
FAILED: Final = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--site",
        default=os.environ.get("MUSICGEN_SITE", DEFAULT_SITE),
        metavar="ADDRESS",
        help="the site (default: MUSICGEN_SITE, or %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print what comes of it as JSON")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    actions.add_parser("me", help="whose token this is").set_defaults(act=_me)

    upload = actions.add_parser("upload", help="upload archives or MIDI files as a dataset, and wait")
    upload.add_argument("files", nargs="+", type=Path, metavar="FILE")
    upload.add_argument("--name", required=True, help="what others will know it by")
    upload.add_argument("--licence", required=True, help="such as public-domain, cc0, cc-by, own, other")
    upload.add_argument("--licence-note", default="", help="its words, a link, or whom to name")
    upload.add_argument("--source", default="", help="where the files come from")
    upload.set_defaults(act=_upload)

    train = actions.add_parser("train", help="start a run on a dataset")
    train.add_argument("dataset", type=int, metavar="DATASET_ID")
    train.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the run"
    )
    train.add_argument("--transposed", action="store_true", help="learn every piece in all twelve keys")
    train.add_argument("--follow", action="store_true", help="stay until it ends")
    train.set_defaults(act=_train)

    for name, words, act in (
        ("follow", "stay with a run until it ends", _follow),
        ("stop", "stop a run with a checkpoint", _stop),
        ("resume", "let a run go on", _resume),
    ):
        one = actions.add_parser(name, help=words)
        one.add_argument("run_id", type=int, metavar="RUN_ID")
        one.set_defaults(act=act)

    _add_takings(actions)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    client = SiteClient(options.site, os.environ.get("MUSICGEN_TOKEN", ""))
    return int(options.act(client, options))


def _add_takings(actions: Any) -> None:
    """What is taken from a site: checkpoints, songs, archives for papers."""
    listed = actions.add_parser("checkpoints", help="list what can be composed from")
    listed.add_argument("--run", type=int, metavar="RUN_ID", help="of one run only")
    listed.set_defaults(act=_checkpoints)

    for name, words, act in (
        ("publish", "let everybody compose from a checkpoint", _publish),
        ("withdraw", "offer a checkpoint for composing no longer", _withdraw),
    ):
        one = actions.add_parser(name, help=words)
        one.add_argument("checkpoint", metavar="SLUG")
        one.set_defaults(act=act)

    sample = actions.add_parser("sample", help="have a song composed, and take its MIDI or sound")
    sample.add_argument("checkpoint", metavar="SLUG")
    sample.add_argument("--seed", type=int, metavar="N", help="drawn by the site when left out")
    sample.add_argument("--length-seconds", type=float, metavar="X")
    sample.add_argument("--temperature", type=float, metavar="X")
    sample.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help=".mid, .flac, .wav, .mp3, .opus"
    )
    sample.set_defaults(act=_sample)

    download = actions.add_parser("download", help="take a song's MIDI or sound, or a checkpoint (.zip)")
    download.add_argument("what", metavar="SONG_ID_OR_SLUG")
    download.add_argument("--out", required=True, type=Path, metavar="FILE")
    download.set_defaults(act=_download)

    paper = actions.add_parser("paper", help="have an archive put together to write about, and take it")
    paper.add_argument("title", help="as it is cited")
    paper.add_argument("--authors", default="", help="separated by semicolons")
    paper.add_argument("--checkpoint", action="append", default=[], metavar="SLUG", help="all its songs")
    paper.add_argument("--song", action="append", default=[], type=int, metavar="SONG_ID")
    paper.add_argument(
        "--study", action="append", default=[], type=int, metavar="STUDY_ID", help="its songs and answers"
    )
    paper.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    paper.set_defaults(act=_paper)


def _me(client: SiteClient, options: argparse.Namespace) -> int:
    found = client.me()
    if options.json:
        print_json(found)
    else:
        print(f"{found['email']} ({', '.join(found['roles'])})")
        print(f"token {printable(found['token'])!r}: {', '.join(found['scopes'])}")
    return 0


def _upload(client: SiteClient, options: argparse.Namespace) -> int:
    with progress_bar("sending", "B") as show:
        made = client.upload(
            options.files,
            name=options.name,
            licence=options.licence,
            licence_note=options.licence_note,
            source=options.source,
            on_progress=show,
        )
    with progress_bar("taking in", "%") as show:
        done = client.wait_for_dataset(made.id, lambda row: show(round(100 * row.progress), 100))
    return _tell_dataset(client, done, as_json=options.json)


def _tell_dataset(client: SiteClient, row: DatasetRecord, *, as_json: bool) -> int:
    if as_json:
        print_json(asdict(row))
    else:
        counts = f"{row.taken:,} taken, {row.duplicates:,} duplicates, {row.refused:,} refused"
        print(f"dataset {row.id}, {printable(row.name)}: {row.state}, {counts}")
        print(f"{client.address}{row.page}")
    if row.state != "finished" and row.reason:
        say(row.reason)
    return 0 if row.state == "finished" else FAILED


def _train(client: SiteClient, options: argparse.Namespace) -> int:
    settings = dict(_setting(words) for words in options.set)
    row = client.train(options.dataset, settings, transposed=options.transposed)
    return _followed(client, row.id, options) if options.follow else _tell_run(client, row, options)


def _setting(words: str) -> tuple[str, Any]:
    name, equals, value = words.partition("=")
    if not equals or not name:
        raise CommandError(f"{words!r} is no setting; write it like max_epochs=4.")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def _follow(client: SiteClient, options: argparse.Namespace) -> int:
    return _followed(client, options.run_id, options)


def _followed(client: SiteClient, run_id: int, options: argparse.Namespace) -> int:
    with progress_bar(f"run {run_id}", "step") as show:
        row = client.wait_for_run(run_id, lambda row: show(row.step, max(row.step, row.total_steps)))
    return _tell_run(client, row, options)


def _stop(client: SiteClient, options: argparse.Namespace) -> int:
    client.stop(options.run_id)
    return _followed(client, options.run_id, options)


def _resume(client: SiteClient, options: argparse.Namespace) -> int:
    return _tell_run(client, client.resume(options.run_id), options)


def _tell_run(client: SiteClient, row: RunRecord, options: argparse.Namespace) -> int:
    if options.json:
        print_json(asdict(row))
    else:
        loss = "" if row.validation_loss is None else f", {row.validation_loss:.3f} nats per token"
        print(f"run {row.id}: {row.state}, step {row.step:,} of {row.total_steps:,}{loss}")
        print(f"{client.address}{row.page}")
    if row.state == "failed":
        say(row.reason)
        return FAILED
    return 0


def _checkpoints(client: SiteClient, options: argparse.Namespace) -> int:
    rows = list(client.checkpoints(options.run))
    if options.json:
        print_json([asdict(row) for row in rows])
        return 0
    head = ("checkpoint", "network", "step", "best")
    print_table(
        [head, *((row.slug, row.network, f"{row.step:,}", "best" if row.is_best else "") for row in rows)]
    )
    return 0


def _publish(client: SiteClient, options: argparse.Namespace) -> int:
    return _tell_checkpoint(client.publish(options.checkpoint), as_json=options.json)


def _withdraw(client: SiteClient, options: argparse.Namespace) -> int:
    return _tell_checkpoint(client.withdraw(options.checkpoint), as_json=options.json)


def _tell_checkpoint(row: CheckpointRecord, *, as_json: bool) -> int:
    if as_json:
        print_json(asdict(row))
    else:
        print(f"{printable(row.slug)}: {'published' if row.is_published else 'withdrawn'}")
    return 0


def _paper(client: SiteClient, options: argparse.Namespace) -> int:
    check_target(options.out)
    asked = client.paper(
        options.title,
        options.checkpoint,
        songs=options.song,
        studies=options.study,
        authors=options.authors,
    )
    content = client.wait_for_paper(asked.key)
    write_whole(options.out, content)
    print(f"{printable(str(options.out))}: {len(content):,} bytes")
    return 0


def _sample(client: SiteClient, options: argparse.Namespace) -> int:
    check_target(options.out)
    wishes = {
        name: getattr(options, name)
        for name in ("seed", "length_seconds", "temperature")
        if getattr(options, name) is not None
    }
    asked = client.compose(options.checkpoint, **wishes)
    with progress_bar("composing", "%") as show:
        song = client.wait_for_song(asked.id, lambda row: show(round(100 * row.fraction), 100))
    if song.flaw:
        say(f"The site marks this take: {song.flaw}.")
    return _take(client, song, options)


def _download(client: SiteClient, options: argparse.Namespace) -> int:
    check_target(options.out)
    if options.what.isdigit():
        return _take(client, client.song(int(options.what)), options)
    content = client.checkpoint_archive(options.what)
    write_whole(options.out, content)
    print(f"{printable(str(options.out))}: {len(content):,} bytes")
    return 0


def _take(client: SiteClient, song: SongRecord, options: argparse.Namespace) -> int:
    """Write the file of a song that the name of the target asks for."""
    ending = options.out.suffix.lower().lstrip(".")
    if ending in ("mid", "midi"):
        content = client.download(song.midi)
        if hashlib.sha256(content).hexdigest() != song.midi_sha256:
            raise CommandError("The MIDI arrived damaged; take it again.")
    elif ending in song.renditions:
        content = client.download(song.renditions[ending])
    else:
        offered = ", ".join(sorted({"mid", *song.renditions}))
        raise CommandError(f"Song {song.id} is not there as .{ending} (yet); it is there as {offered}.")
    write_whole(options.out, content)
    if options.json:
        print_json({"file": str(options.out), **asdict(song)})
    else:
        made = f"{clock(song.seconds)} long, {song.note_count:,} notes"
        print(f"{printable(str(options.out))}: {printable(song.title)}, {made}")
        print(f"{client.address}{song.page}")
    return 0
