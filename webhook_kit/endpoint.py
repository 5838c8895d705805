"""An endpoint: one provider at one path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from .answers import answers_of
from .delivery import Outcome
from .errors import ConfigurationError
from .http import RawResponse
from .providers.base import Identity, Provider

_PATH = re.compile(r"(?!.*(^|/)\.\.?(/|$))[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*")


class Endpoint:
    """One provider at one path, with everything that is the same for all of its deliveries."""

    __slots__ = ("_base", "_of_bodies", "answers", "path", "provider")

    def __init__(
        self, provider: Provider, path: str, answers: Mapping[Outcome, RawResponse] | None, namespace: str
    ) -> None:
        self.provider = provider
        self.path = path
        self.answers = answers_of(provider, _own_answers(answers))
        self.keep_apart(namespace)

    def keep_apart(self, namespace: str) -> None:
        """Count deliveries of other namespaces for nothing."""
        self._base = _framed(namespace, self.path)
        self._of_bodies = self._prefix((), b"body")

    def key(self, identity: Identity, digest: str) -> str:
        """Return the idempotency key: the same for every try of one delivery, different for any other.

        ``digest`` is the one of the body.
        """
        account, delivery_id = identity
        if delivery_id is not None:
            return self._prefix(account, b"id") + sha256(delivery_id.encode("utf-8", "surrogatepass")).hexdigest()
        return (self._prefix(account, b"body") if account else self._of_bodies) + digest

    def _prefix(self, account: Sequence[str], kind: bytes) -> str:
        """Return 32 characters that stand for everything but the delivery.

        Each part is preceded by its length, so that no two lists of parts give the same bytes.
        """
        return sha256(self._base + _framed(str(len(account)), *account) + kind).hexdigest()[:32]

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
