"""Who vouches for a checkpoint: signatures (Ed25519) over the hashes of its files.

Each site has a key of its own, made when it is first needed; the sites of one project may share
one (MUSICGEN_SIGNING_KEY). A site believes its own key and those it was told to trust.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings

KEY_NAME: Final = "signing_key"
_ALGORITHM: Final = "ed25519"


def public_key() -> str:
    """This site's public key, in hex: what other sites are told to trust."""
    return _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def signature_of(files: Mapping[str, bytes]) -> dict[str, Any]:
    """A signature over files, ready for JSON.

    Args:
        files: content by name.
    """
    hashes = hashes_of(files)
    return {
        "algorithm": _ALGORITHM,
        "key": public_key(),
        "sha256": hashes,
        "signature": _private_key().sign(_message(hashes)).hex(),
    }


def signer_of(files: Mapping[str, bytes], signature: Mapping[str, Any]) -> str | None:
    """The public key that vouches for exactly these files; None where the signature does not hold."""
    try:
        key = str(signature["key"])
        if signature["algorithm"] != _ALGORITHM or signature["sha256"] != hashes_of(files):
            return None
        verifier = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        verifier.verify(bytes.fromhex(str(signature["signature"])), _message(signature["sha256"]))
    except (KeyError, ValueError, TypeError, InvalidSignature):
        return None
    return key


def is_trusted(key: str) -> bool:
    """Whether this site believes what is signed with a key."""
    return key == public_key() or key in settings.MUSICGEN_TRUSTED_KEYS


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 in hex by name."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def _message(hashes: Mapping[str, str]) -> bytes:
    return b"musicgen checkpoint\n" + json.dumps(hashes, sort_keys=True, separators=(",", ":")).encode()


def _private_key() -> Ed25519PrivateKey:
    given = os.environ.get("MUSICGEN_SIGNING_KEY", "")
    if given:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given))
    path = Path(settings.DATA_DIR, KEY_NAME)
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        raw = fresh.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        beside = path.with_name(f".{KEY_NAME}-{os.getpid()}")
        beside.touch(mode=0o600)
        beside.write_text(raw.hex())
        try:
            path.hardlink_to(beside)  # another process may have been first: its key is taken
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text()))
