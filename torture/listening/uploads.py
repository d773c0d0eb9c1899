"""What was uploaded is not executable: titles and names full of HTML stay text."""

from torture.listening.answers import cookie_of
from torture.listening.site import Site
from torture.table import Outcome

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% now 'Y' %}",
)


def run(site: Site) -> Outcome:
    """Hostile names everywhere a page shows one; look for them unescaped."""
    import hashlib

    from accounts.models import Listener
    from generator.models import Song
    from training.models import Dataset, DatasetFile, Verdict, WorkState

    addresses = ["/songs/", "/datasets/", "/leaderboard/", "/"]
    for number, text in enumerate(HOSTILE):
        song = Song.objects.create(title=text, seconds=30, is_published=True)
        song.folder.mkdir(parents=True, exist_ok=True)
        (song.folder / "song.mid").write_bytes(text.encode())
        song.midi_path = f"songs/{song.pk}/song.mid"
        song.midi_sha256 = hashlib.sha256(text.encode()).hexdigest()
        song.save()
        dataset = Dataset.objects.create(
            name=text, source=text, licence_note=text, licence="cc0", state=WorkState.FINISHED
        )
        DatasetFile.objects.create(
            dataset=dataset, position=number, path=text, reason=text, verdict=Verdict.REFUSED
        )
        addresses += [song.get_absolute_url(), dataset.get_absolute_url(), f"/songs/{song.pk}/midi"]
    site.start()
    cookie = cookie_of(Listener.objects.create())
    ran = unsafe = seen = 0
    for address in addresses:
        status, body, headers = site.request("GET", address, cookie=cookie)
        assert status == 200, (address, status)
        names = {name.lower(): value for name, value in headers.items()}
        if address.endswith("/midi"):
            good = (
                names.get("content-disposition", "").startswith("attachment")
                and "html" not in names["content-type"]
            )
            unsafe += not good
        else:
            page = body.decode()
            ran += sum(page.count(text) for text in HOSTILE[:3])
            seen += any(part in page for part in ("&lt;script&gt;", "&lt;img", "&lt;/title&gt;"))
            policy = names.get("content-security-policy", "")
            unsafe += "script-src" not in policy or "'unsafe-" in policy
        unsafe += names.get("x-content-type-options") != "nosniff"
    figure = (
        f"{len(addresses)} addresses, {seen} pages that show a hostile name: "
        f"{ran} unescaped, {unsafe} unsafe headers"
    )
    return Outcome(figure=figure, kept=ran == 0 and unsafe == 0 and seen > len(HOSTILE))
