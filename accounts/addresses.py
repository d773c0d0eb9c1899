"""Telling clients apart without keeping where they are."""

import datetime as dt
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

_SALT: Final = "musicgen.address"


def client_address(request: HttpRequest) -> str:
    """The address a request comes from; behind `MUSICGEN_PROXIES` proxies, what the outermost saw."""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    behind: int = settings.MUSICGEN_PROXIES
    if behind and len(forwarded) >= behind and forwarded[-behind]:
        return forwarded[-behind]
    return str(request.META.get("REMOTE_ADDR", ""))


def address_key(request: HttpRequest) -> str:
    """A key that is the same for one address during one day (UTC), and tells nobody the address."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return salted_hmac(f"{_SALT}.{today}", client_address(request), algorithm="sha256").hexdigest()[:32]
