"""The servers, and how each is started with the application."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Literal, TypeAlias

Protocol: TypeAlias = Literal["ASGI", "WSGI"]

APPLICATION: Final = "tests.conformance.sockets.served:app"
SERVED: Final = {
    "ASGI": ("asgi-application", "asgi-middleware", "starlette", "fastapi", "django-asgi"),
    "WSGI": ("wsgi-application", "wsgi-middleware", "flask", "django-wsgi"),
}
"""The hosts that are put on servers; the others differ from these in what no server sees."""


@dataclass(frozen=True, slots=True)
class Server:
    """One way to serve an application."""

    name: str
    protocol: Protocol
    arguments: Callable[[int], Sequence[str]]
    """What comes behind ``python -m``, for a port."""

    prefix: Callable[[str], tuple[Sequence[str], dict[str, str]]]
    """What is added to serve below a path: arguments and environment variables."""

    packages: tuple[str, ...]
    proxied: bool = False
    """Whether a path that it serves below has been taken off by a proxy before."""

    http2: bool = False
    """Whether it speaks HTTP/2 with whoever begins so, without TLS."""

    shared: bool = False
    """Whether several processes serve, which need a store that they share."""

    @property
    def hosts(self) -> tuple[str, ...]:
        return SERVED[self.protocol]

    @property
    def versions(self) -> str:
        return ", ".join(f"{package} {version(package)}" for package in self.packages)

    @property
    def shown(self) -> str:
        """How it is started, as a reader would write it."""
        return " ".join(self.arguments(8000)).replace(APPLICATION, "app:app")

    def command(self, port: int, *more: str) -> list[str]:
        *arguments, application = self.arguments(port)
        return [sys.executable, "-m", *arguments, *more, application]


def _uvicorn(*more: str) -> Callable[[int], Sequence[str]]:
    quiet = ("--log-level", "warning", "--no-access-log")
    return lambda port: ("uvicorn", "--port", str(port), *quiet, *more, APPLICATION)


def _gunicorn(*more: str) -> Callable[[int], Sequence[str]]:
    always = ("--no-control-socket", "--threads", "4")
    return lambda port: ("gunicorn", "--bind", f"127.0.0.1:{port}", *always, *more, APPLICATION)


def _granian(interface: str) -> Callable[[int], Sequence[str]]:
    threads = ("--blocking-threads", "4") if interface == "wsgi" else ()
    return lambda port: ("granian", "--interface", interface, "--port", str(port), *threads, APPLICATION)


def _option(name: str) -> Callable[[str], tuple[Sequence[str], dict[str, str]]]:
    return lambda path: ((f"{name}={path}",), {})


def _script_name(path: str) -> tuple[Sequence[str], dict[str, str]]:
    return (), {"SCRIPT_NAME": path}


SERVERS: Final = {
    server.name: server
    for server in (
        Server("uvicorn", "ASGI", _uvicorn("--http", "h11"), _option("--root-path"), ("uvicorn", "h11"), proxied=True),
        Server(
            "uvicorn-httptools",
            "ASGI",
            _uvicorn("--http", "httptools"),
            _option("--root-path"),
            ("uvicorn", "httptools"),
            proxied=True,
        ),
        Server(
            "uvicorn-workers",
            "ASGI",
            _uvicorn("--http", "httptools", "--workers", "2"),
            _option("--root-path"),
            ("uvicorn", "httptools"),
            proxied=True,
            shared=True,
        ),
        Server(
            "hypercorn",
            "ASGI",
            lambda port: ("hypercorn", "--bind", f"127.0.0.1:{port}", APPLICATION),
            _option("--root-path"),
            ("hypercorn", "h11"),
            http2=True,
        ),
        Server("granian", "ASGI", _granian("asgi"), _option("--url-path-prefix"), ("granian",), http2=True),
        Server(
            "daphne",
            "ASGI",
            lambda port: ("daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), APPLICATION),
            _option("--root-path"),
            ("daphne", "twisted"),
        ),
        Server("gunicorn", "WSGI", _gunicorn(), _script_name, ("gunicorn",)),
        Server(
            "gunicorn-preload",
            "WSGI",
            _gunicorn("--preload", "--workers", "2"),
            _script_name,
            ("gunicorn",),
            shared=True,
        ),
        Server(
            "waitress",
            "WSGI",
            lambda port: ("waitress", f"--listen=127.0.0.1:{port}", APPLICATION),
            _option("--url-prefix"),
            ("waitress",),
        ),
        Server("granian-wsgi", "WSGI", _granian("wsgi"), _option("--url-path-prefix"), ("granian",), http2=True),
    )
}
