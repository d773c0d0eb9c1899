"""The choices by which songs are found, in words."""

from django.utils.translation import gettext as _

from generator.families import FAMILIES
from generator.names import network_label
from generator.selectors import SongChoices, SongOrder
from generator.selectors.finding import KEYS

Options = list[tuple[str, str]]


def order_words() -> Options:
    """The orders in which songs are listed."""
    return [
        (SongOrder.NEWEST, _("Newest")),
        (SongOrder.BEST, _("Best rated")),
        (SongOrder.MOST_HEARD, _("Most heard")),
        (SongOrder.MOST_RATED, _("Most rated")),
        (SongOrder.LONGEST, _("Longest")),
        (SongOrder.SHORTEST, _("Shortest")),
        (SongOrder.TITLE, _("By title")),
        (SongOrder.OLDEST, _("Oldest")),
        (SongOrder.MOST_HUMAN, _("Taken for human")),
        (SongOrder.RANDOM, _("Drawn at random")),
    ]


def filters_of(choices: SongChoices) -> list[tuple[str, str, Options]]:
    """Each list to choose from: the field of `SongQuery`, its label, its options."""
    return [
        ("kind", _("Composed by"), [("machine", _("a network")), ("human", _("a human"))]),
        ("network", _("Network"), [(name, network_label(name)) for name in choices.networks]),
        (
            "step",
            _("Training step"),
            [("early", _("first third")), ("middle", _("middle third")), ("late", _("last third"))],
        ),
        ("dataset", _("Dataset"), [(str(pk), name) for pk, name in choices.datasets]),
        ("style", _("Style or dastgah"), [(style, style) for style in choices.styles]),
        ("family", _("Instrument"), [(str(number), str(name)) for number, name in enumerate(FAMILIES)]),
        ("key", _("Key"), [(key, key) for key in KEYS]),
        (
            "tempo",
            _("Tempo"),
            [
                ("slow", _("slow: under 76")),
                ("medium", _("medium: 76 to 120")),
                ("fast", _("fast: 120 and more")),
            ],
        ),
        (
            "length",
            _("Length"),
            [
                ("short", _("under 45 seconds")),
                ("medium", _("45 seconds to 2 minutes")),
                ("long", _("2 minutes and more")),
            ],
        ),
        (
            "stars",
            _("Stars"),
            [(str(stars), _("%(stars)s and more") % {"stars": stars}) for stars in (4, 3, 2)],
        ),
        (
            "human",
            _("Taken for human by"),
            [
                ("most", _("half of the verdicts or more")),
                ("some", _("a quarter to a half")),
                ("few", _("less than a quarter")),
            ],
        ),
    ]
