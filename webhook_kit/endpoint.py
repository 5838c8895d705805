"""An endpoint: one provider at one path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from .answers import answers_of
from .delivery import Outcome
from .errors import ConfigurationError
from .http import RawResponse
from .providers.base import Identity, Provider

_PATH = re.compile(r"(?!.*(^|/)\.\.?(/|$))[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*")


class Endpoint:
    """One provider at one path, with everything that is the same for all of its deliveries."""

    __slots__ = ("_key_base", "answers", "path", "provider")

    def __init__(
        self, provider: Provider, path: str, answers: Mapping[Outcome, RawResponse] | None, namespace: str
    ) -> None:
        self.provider = provider
        self.path = path
        self.answers = answers_of(provider, _own_answers(answers))
        self._key_base = hashlib.sha256(_framed(namespace, path))

    def key(self, identity: Identity, digest: str) -> str:
        """Return the idempotency key: the same for every try of one delivery, different for any other.

        ``digest`` is the one of the body.

        Each part is preceded by its length, so that no two lists of parts give the same bytes.
        """
        key = self._key_base.copy()
        key.update(_framed(str(len(identity.account)), *identity.account))
        if identity.delivery_id is None:
            key.update(b"body:")
            key.update(digest.encode())
        else:
            key.update(b"id:")
            key.update(identity.delivery_id.encode("utf-8", "surrogatepass"))
        return key.hexdigest()

    def __repr__(self) -> str:
        return f"<Endpoint {self.path!r}: {self.provider.name}>"


def checked_path(path: str) -> str:
    """Return the path without slashes around it, or raise :class:`ConfigurationError`."""
    stripped = path.strip("/") if isinstance(path, str) else ""
    if not _PATH.fullmatch(stripped):
        raise ConfigurationError(
            f'path is {path!r}; give letters, digits and any of . _ ~ - in segments, such as path="rooms"'
        )
    return stripped


def _own_answers(answers: Mapping[Outcome, RawResponse] | None) -> dict[Outcome, RawResponse]:
    own: dict[Outcome, RawResponse] = {}
    if answers is not None and not isinstance(answers, Mapping):
        raise ConfigurationError(f"answers maps an Outcome to a RawResponse, and is no {type(answers).__name__}")
    for name, answer in (answers or {}).items():
        try:
            outcome = Outcome(name)
        except ValueError:
            raise ConfigurationError(f"answers maps an Outcome to a RawResponse; {name!r} is no outcome") from None
        if not isinstance(answer, RawResponse):
            raise ConfigurationError(
                f"answers maps an Outcome to a RawResponse, but has {answer!r} for {outcome.value}"
            )
        own[outcome] = answer
    return own


def _framed(*parts: str) -> bytes:
    return "".join([f"{len(part)}:{part}," for part in parts]).encode("utf-8", "surrogatepass")
