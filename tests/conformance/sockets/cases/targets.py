"""Where a request goes, and by which method."""

from __future__ import annotations

from webhook_kit import Outcome

from ...deliveries import join, meeting, room
from ...expected import NO_ENDPOINT, MeetingBaaS, Tencent, VCaaS
from ...hosts import HOSTS, PAGE
from ...wire import Sent
from ..connection import Silence, written
from ..servers import Server
from ..site import Otherwise, Site, each
from .case import Group

TARGETS = Group("Targets and methods")
PREFIX = "/some/prefix"


@TARGETS.case("one trailing slash is accepted without a redirect")
def trailing_slash(site: Site) -> None:
    sent = site.delivery()
    site.expect(sent.but(path=f"{sent.path}/"), MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@TARGETS.case("a percent-encoded path is the same path", quick=True)
def encoded_path(site: Site) -> None:
    sent = site.delivery()
    encoded = sent.path.replace("meeting-baas", "%6deeting%2Dbaas")
    site.expect(sent.but(path=encoded), MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@TARGETS.case("an absolute target is the path in it")
def absolute(site: Site) -> None:
    sent = site.delivery()
    answered = site.exchange(written(sent, target=f"http://hooks.example{sent.path}"))
    if answered is not None and answered.status == 404:
        raise Otherwise("404")
    site.compare(answered, MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@TARGETS.case("a target that is no path is refused")
def odd_targets(site: Site) -> None:
    def refuse(target: str) -> None:
        site.begin()
        method = {"*": "OPTIONS", "hooks.example:443": "CONNECT"}.get(target, "POST")
        site.refuses(written(site.delivery().but(method=method), target=target), method)
        site.is_well()

    each(("*", "hooks.example:443", "webhooks", "?"), refuse)


@TARGETS.case("an unknown path below the mount is not found", quick=True)
def unknown_path(site: Site) -> None:
    def miss(path: str) -> None:
        site.begin()
        site.expect(site.at(meeting().but(path=path)), NO_ENDPOINT, Outcome.NOT_FOUND)

    below = "/meeting-baas"
    each(("/nobody", f"{below}/x", f"{below}//", f"{below}%0A", "/%FF", "/Meeting-BaaS", f"/x/..{below}"), miss)


@TARGETS.case("nothing is served at the mount itself")
def the_mount(site: Site) -> None:
    for method in ("POST", "GET"):
        site.begin()
        site.expect(meeting().but(path=site.host.top, method=method), NO_ENDPOINT, Outcome.NOT_FOUND)


METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@TARGETS.case("other methods are refused and told which one is allowed", quick=True)
def methods(site: Site) -> None:
    def refuse(method: str) -> None:
        for sent, expected in ((meeting(), MeetingBaaS), (room(), Tencent), (join(), VCaaS)):
            site.begin()
            site.expect(site.at(sent).but(method=method), expected.METHOD, Outcome.METHOD_NOT_ALLOWED)

    each(METHODS, refuse)


@TARGETS.case("HEAD is refused without a body")
def head(site: Site) -> None:
    sent = site.delivery().but(method="HEAD", body=b"")
    with site.connect() as connection:
        connection.send(written(sent))
        try:
            answered = connection.receive("HEAD")
            site.compare(answered, MeetingBaaS.METHOD.without_body(), Outcome.METHOD_NOT_ALLOWED)
            site.begin()
            connection.send(written(site.delivery()))
            site.compare(connection.receive(), MeetingBaaS.SUCCESS, Outcome.PROCESSED)
        except Silence:
            raise Otherwise("no answer") from None


@TARGETS.case("a method that nobody knows is refused, and so is one in lower case")
def odd_methods(site: Site) -> None:
    def refuse(method: str) -> None:
        site.begin()
        site.refuses(written(site.delivery().but(method=method)))
        site.is_well()

    each(("BREW", "post"), refuse)


@TARGETS.case("an upgrade that nobody asked for is not made")
def upgrades(site: Site) -> None:
    def decline(protocol: str) -> None:
        site.begin()
        pairs = ((b"Connection", b"Upgrade, HTTP2-Settings"), (b"Upgrade", protocol.encode()), (b"HTTP2-Settings", b""))
        site.expect(site.delivery().with_headers(*pairs), MeetingBaaS.SUCCESS, Outcome.PROCESSED)

    each(("h2c", "websocket", "TLS/1.0"), decline)


@TARGETS.case("a WebSocket to the mount is refused")
def websocket(site: Site) -> None:
    sent = site.delivery().but(method="GET", body=b"")
    pairs = ((b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"), (b"Sec-WebSocket-Version", b"13"))
    site.refuses(written(sent.with_headers(*pairs, (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="))), "GET")
    site.is_well()


def _with_pages(host: str, server: Server) -> bool:
    return HOSTS[host].has_pages


@TARGETS.case("other pages stay the application's", applies=_with_pages)
def other_pages(site: Site) -> None:
    own = site.below(Sent("/own", method="GET"))
    page = site.exchange(own)
    if page is None or (page.status, page.body) != (200, PAGE):
        raise Otherwise("another page")
    beside = site.exchange(site.below(meeting().but(path="/webhooksX/meeting-baas")))
    if beside is None or beside.status != 404 or beside == NO_ENDPOINT or site.entries():
        raise Otherwise("a page beside the mount is taken")


def _with_csrf(host: str, server: Server) -> bool:
    return host in ("django-wsgi", "django-asgi", "flask")


@TARGETS.case("CSRF protection is on, and lets vendors pass", applies=_with_csrf)
def csrf(site: Site) -> None:
    refused = site.exchange(Sent("/own", b"a=1", kind=b"application/x-www-form-urlencoded"))
    if refused is None or refused.status not in (400, 403):
        raise Otherwise("it is not on")
    site.expect(site.delivery(), MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@TARGETS.case("below a sub-path the same addresses are served", prefix=PREFIX)
def sub_path(site: Site) -> None:
    site.expect(site.delivery(), MeetingBaaS.SUCCESS, Outcome.PROCESSED)
    site.begin()
    site.expect(site.at(meeting().but(path="/nobody")), NO_ENDPOINT, Outcome.NOT_FOUND)
    if site.host.has_pages:
        site.begin()
        other_pages(site)
