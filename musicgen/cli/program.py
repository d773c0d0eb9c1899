"""The program behind `python -m musicgen`: finds the command, runs it, words its failures."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import musicgen
from musicgen.cli.interruption import BROKEN_PIPE, INTERRUPTED, exit_on_sigterm
from musicgen.cli.output import say

BAD_INPUT: Final = 2

# Name, and what it does in a line. The module of the same name is loaded only when asked for.
COMMANDS: Final = {
    "inspect": "show what is in a MIDI file",
    "statistics": "measure pieces, beside chance",
    "validity": "count what can be read, has notes, ends, and is legal in a corpus's tokens",
    "compare": "compare two sets of pieces",
    "index": "make an index of music to find copies in",
    "copying": "find what pieces copy from an index",
    "demo": "write the demo dataset, Bach's chorales, as MIDI files",
    "prepare": "make a corpus to learn from out of MIDI files",
    "quality": "tell what the dataset behind a corpus is like",
    "train": "train a network on a corpus",
    "ship": "put a run's best checkpoint among the shipped ones",
    "checkpoints": "list the trained networks that are shipped",
    "evaluate": "judge checkpoints beside real music and chance",
    "sample": "compose a piece with a trained network",
    "judgment": "make a leaderboard again from its published verdicts",
    "reproduce": "compose a song again from its provenance and compare the bytes",
    "render": "make a sound file of a MIDI file",
    "site": "use a site: upload, train, follow, compose, download",
    "notate": "write a score to read, in MusicXML, and tell the key",
}

_EPILOG: Final = """\
the whole way, from MIDI files to a new piece that can be heard:
  python -m musicgen demo chorales
  python -m musicgen prepare chorales corpus --representation chords
  python -m musicgen train --network lstm --corpus corpus --out run
  python -m musicgen sample --checkpoint run --seed 7 --out piece.mid
  python -m musicgen render piece.mid --out piece.flac

`python -m musicgen COMMAND --help` tells more of each command.
"""


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Descriptions as they are written, and room for long option names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints take one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; those of the process when left out.

    Returns:
        The exit code: 0 done, 2 bad input, 130 stopped by Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    exit_on_sigterm()
    try:
        options = _parser(words).parse_args(words)
        code = int(options.run(options))
        sys.stdout.flush()
    except KeyboardInterrupt:
        say("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it closes stdout at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if not _is_bad_input(error):
            raise
        say(_in_one_line(error))
        return BAD_INPUT
    return code


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m musicgen",
        description="Train music-making networks, compose with them, and hear what they compose.",
        epilog=_EPILOG,
        formatter_class=_HelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"musicgen {musicgen.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if name in words[:1]:  # the arguments of the others are not worth the time to load them
            module: Any = importlib.import_module(f"musicgen.cli.{name}")
            command.description = module.__doc__
            command.formatter_class = _HelpFormatter
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def _is_bad_input(error: Exception) -> bool:
    """Whether the person can do something about it: our own error classes, and files that fail."""
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] == musicgen.__name__


def _in_one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename is not None else ""
        return f"{name}{error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__
