"""Secrets: given as text, several for a rotation, or asked for at each request."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

from .delivery import Outcome, Refusal
from .errors import ConfigurationError, WeakSecretWarning
from .functions import Source
from .http import RawRequest

SecretValue: TypeAlias = str | Sequence[str]
SecretSource: TypeAlias = (
    SecretValue
    | Callable[[], SecretValue | Awaitable[SecretValue]]
    | Callable[[RawRequest], SecretValue | Awaitable[SecretValue]]
)

SHORTEST = 16


class Secret:
    """The secrets of one endpoint, any of which may match.

    ``prepare`` turns one text into the key that the verifier works with, and raises ConfigurationError for a text that
    cannot be one; a key of fewer bytes than ``shortest`` is warned about. Never shows its values, and is never pickled.
    """

    __slots__ = ("_prepare", "_texts", "name", "prepared", "source", "weaknesses")

    def __init__(
        self, source: SecretSource, *, name: str, prepare: Callable[[str], bytes], shortest: int = SHORTEST
    ) -> None:
        self.name = name
        self._prepare = prepare
        self.source: Source | None = None
        self._texts: tuple[str, ...] = ()
        self.prepared: tuple[bytes, ...] | None = None
        self.weaknesses: tuple[str, ...] = ()
        if callable(source):
            self.source = Source(source, name)
        else:
            self._texts = _texts(source, name)
            self.prepared = tuple(map(prepare, self._texts))
            self.weaknesses = tuple(self._weaknesses(self._texts, self.prepared, shortest))
            for weakness in self.weaknesses:
                warnings.warn(weakness, WeakSecretWarning, stacklevel=4)

    def asked(self, answer: Any) -> tuple[bytes, ...]:
        """Return the keys in what the callable answered; raise :class:`Refusal` where it is no usable secret."""
        try:
            return tuple(map(self._prepare, _texts(answer, self.name)))
        except Exception as error:
            raise Refusal(Outcome.SECRET_UNAVAILABLE) from error

    def text(self) -> str:
        """Return the first fixed secret, for what the user has to enter at the vendor."""
        if not self._texts:
            raise ConfigurationError(f"{self.name} is a callable: call setup() on a provider with the text itself")
        return self._texts[0]

    def _weaknesses(self, texts: Iterable[str], keys: Iterable[bytes], shortest: int) -> Iterator[str]:
        for text, key in zip(texts, keys, strict=True):
            if text != text.strip():
                yield f"{self.name} has white space around it; if it was read from a file, write .strip()"
            if len(key) < shortest:
                size = f"{len(text)} characters" if key == text.encode() else f"a key of {len(key)} bytes"
                yield f"{self.name} has {size}; {shortest} random ones or more cannot be guessed"

    def __repr__(self) -> str:
        return f"<Secret {self.name}: {'callable' if self.source else len(self._texts)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")


def _texts(value: Any, name: str) -> tuple[str, ...]:
    values: Iterable[Any] = (value,) if isinstance(value, str) else value
    if isinstance(values, bytes | bytearray | Mapping) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{name} is text, a sequence of texts, or a callable that returns either")
    texts = tuple(values)
    if not texts:
        raise ConfigurationError(f"{name} is an empty sequence; give at least one secret")
    for text in texts:
        if not isinstance(text, str):
            raise ConfigurationError(f"{name} holds a {type(text).__name__}; give text, for bytes write .decode()")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ConfigurationError(f"{name} holds bytes that are no UTF-8 text; read it with its encoding") from None
        if not text.strip():
            raise ConfigurationError(f"{name} is empty; set it, or write unverified=True to receive without a check")
    return texts
