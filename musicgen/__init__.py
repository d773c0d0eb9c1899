"""The music core: read, represent, learn, compose, judge and render music.

Plain Python, usable without the site. Importing this package imports none of its
rooms; import what you need (``musicgen.score``, ``musicgen.midi`` …).
"""

__version__ = "0.1.0"
