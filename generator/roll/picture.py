"""The piano roll of a song as a picture: SVG to download, PNG to share."""

import io
from typing import Final
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from generator.roll.notes import RollNotes

# Width and height in pixels of what other sites show of a link (the Open Graph picture).
PICTURE_SIZE: Final = (1200, 630)
_TOP: Final = 150  # pixels for the words
_MARGIN: Final = 60
_FEWEST_ROWS: Final = 24  # pitches; a drone is not drawn as tall as the picture
_PAPER: Final = "#f6f3ec"
_INK: Final = "#1c2030"
_SOFT: Final = "#555a6a"
_LINE: Final = "#ddd7c8"
# The same as --roll-1 … --roll-8 of the light pages (static/site/foundation.css).
_COLOURS: Final = (
    *("#26457e", "#a8501c", "#2c7a5b", "#8a3b78"),
    *("#7c6a10", "#2a7d96", "#a53a45", "#575d72"),
)
_FIELDS: Final = 4  # numbers a note: start, length, pitch, velocity
_LEAST_SHADE: Final = 0.35  # of the softest note

Box = tuple[float, float, float, float]


def _boxes(notes: RollNotes, width: float, height: float) -> list[tuple[Box, str, float]]:
    """Each note as left, top, width and height, its colour, and how opaque it is."""
    flats = [part["notes"] for part in notes.parts]
    pitches = [pitch for flat in flats for pitch in flat[2::_FIELDS]]
    if not pitches:
        return []
    low, high = min(pitches) - 1, max(pitches) + 1
    rows = max(_FEWEST_ROWS, high - low + 1)
    row = height / rows
    bottom = low - (rows - (high - low + 1)) / 2
    scale = width / max(notes.seconds * 1000, 1)
    found = []
    for number, flat in enumerate(flats):
        colour = _COLOURS[number % len(_COLOURS)]
        for index in range(0, len(flat), _FIELDS):
            start, length, pitch, velocity = flat[index : index + _FIELDS]
            top = height - (pitch - bottom + 1) * row
            box = (start * scale, top, max(1.5, length * scale - 0.5), max(2.0, row * 0.86))
            found.append((box, colour, _LEAST_SHADE + (1 - _LEAST_SHADE) * min(1.0, velocity / 110)))
    return found


def roll_svg(notes: RollNotes, title: str) -> str:
    """The whole piece as an SVG, as wide as it is long."""
    width = min(24_000.0, max(1200.0, notes.seconds * 40))
    height = 420.0
    shapes = "".join(
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="2" fill="{colour}" '
        f'fill-opacity="{shade:.2f}"/>'
        for (x, y, w, h), colour, shade in _boxes(notes, width, height)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>{shapes}</svg>'
    )


def roll_png(notes: RollNotes, title: str, subtitle: str) -> bytes:
    """The piece with its title, in the size that other sites show."""
    width, height = PICTURE_SIZE
    image = Image.new("RGB", PICTURE_SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((_MARGIN, 38), title, fill=_INK, font=ImageFont.load_default(54))
    draw.text((_MARGIN, 104), subtitle, fill=_SOFT, font=ImageFont.load_default(28))
    draw.line((_MARGIN, _TOP, width - _MARGIN, _TOP), fill=_LINE, width=2)
    top = _TOP + 24
    for (x, y, w, h), colour, shade in _boxes(notes, width - 2 * _MARGIN, height - top - _MARGIN):
        left = _MARGIN + x
        box = (left, top + y, left + w, top + y + h)
        draw.rounded_rectangle(box, radius=min(2.0, w / 2), fill=_blend(colour, shade))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _blend(colour: str, shade: float) -> tuple[int, int, int]:
    """A colour of that opacity on the paper."""
    red, green, blue = (
        round(int(_PAPER[at : at + 2], 16) * (1 - shade) + int(colour[at : at + 2], 16) * shade)
        for at in (1, 3, 5)
    )
    return red, green, blue
