"""``webhook-kit check``: what is served, whether it believes its vendors, and what is weak."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from webhook_kit import Delivery, Dispatcher, Event, RawRequest, Record, WeakSecretWarning
from webhook_kit.cli.exits import Exit
from webhook_kit.cli.findings import Finding, findings, tried
from webhook_kit.idempotency import MemoryStore, SQLStore
from webhook_kit.idempotency.base import Store
from webhook_kit.providers.meeting_baas import BotCompleted, MeetingBaaS, MeetingCompleted
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import (
    GroupAfterSendMsg,
    GroupBeforeSendMsg,
    LiveBeforeSendGift,
    TencentChat,
    TencentLive,
    TencentRoom,
)
from webhook_kit.providers.tencent.replies import Allow, Forbid
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

from .conftest import Invoke, Publish

SECRET = "a secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="


class Ordered(Event):
    wire_types = ("order.made",)
    order: str


def strong(**options: Any) -> Dispatcher:
    """Return a dispatcher of which nothing is weak."""
    hooks = Dispatcher(**options)
    hooks.add(MeetingBaaS(signing_secret=SIGNING_SECRET))
    hooks.on(BotCompleted)(never)
    return hooks


def never(event: Event) -> None:
    raise AssertionError("a handler was called")


def found(hooks: Dispatcher, *, workers: int = 1) -> list[Finding]:
    results = {each.path: tried(hooks, each) for each in hooks.endpoints}
    return list(findings(hooks, results, workers))


def weak(hooks: Dispatcher, **options: Any) -> list[str]:
    return [f"{each.where}: {each.text}" for each in found(hooks, **options) if each.level == "weak"]


def notes(hooks: Dispatcher, **options: Any) -> list[str]:
    return [f"{each.where}: {each.text}" for each in found(hooks, **options) if each.level == "note"]


# The screen.


def test_what_is_served_is_shown(publish: Publish, invoke: Invoke) -> None:
    publish(hooks=strong())
    result = invoke("check", "shop:hooks", COLUMNS="80")
    assert (result.exit_code, result.stderr) == (Exit.OK, "")
    lines = result.stdout.splitlines()
    assert "meeting-baas  meeting-baas  signing_secret, the body too  verified  1" in lines
    assert "store  MemoryStore" in lines
    assert "tests.cli.test_check.never  BotCompleted" in lines
    assert lines[-1] == "nothing is weak"
    assert not [line for line in lines if line != line.rstrip()]
    assert max(map(len, lines)) <= 80


def test_what_is_weak_is_a_failure(publish: Publish, invoke: Invoke) -> None:
    publish(hooks=strong(idempotency=None))
    result = invoke("check", "shop:hooks")
    assert result.exit_code == Exit.FAILED
    assert "weak  store" in result.stdout
    assert result.stdout.endswith("\n1 weakness\n")


def test_machines_get_json(publish: Publish, invoke: Invoke) -> None:
    publish(hooks=strong())
    result = invoke("check", "shop:hooks", "--json")
    report = json.loads(result.stdout)
    assert report["endpoints"] == [
        {
            "endpoint": "meeting-baas",
            "provider": "meeting-baas",
            "checked_by": "signing_secret, the body too",
            "tried": "verified",
            "handlers": 1,
        }
    ]
    assert report["handlers"] == [{"name": "tests.cli.test_check.never", "events": "BotCompleted"}]
    assert report["store"] == "MemoryStore"
    assert {each["level"] for each in report["findings"]} == {"note"}


def test_a_dispatcher_without_anything_is_shown(publish: Publish, invoke: Invoke) -> None:
    publish(hooks=Dispatcher(idempotency=None))
    result = invoke("check", "shop:hooks")
    assert result.exit_code == Exit.FAILED
    assert "endpoints  there are none: call hooks.add(...)" in result.stdout
    assert "store  none" in result.stdout
    assert "2 weaknesses" in result.stdout


@pytest.mark.parametrize(("variable", "said"), [("4", "4 workers: a retry"), ("none", "forgets at a restart")])
def test_the_workers_are_those_of_the_environment(variable: str, said: str, publish: Publish, invoke: Invoke) -> None:
    publish(hooks=strong())
    assert said in invoke("check", "shop:hooks", WEB_CONCURRENCY=variable).stdout


# Each endpoint is tried, and nothing of it is called.


def test_no_handler_no_observer_and_no_store_is_called() -> None:
    class Untouched(MemoryStore):
        def claim(self, key: str, fingerprint: str, lease: float) -> Any:
            raise AssertionError("something was claimed")

    hooks = strong(idempotency=Untouched())
    hooks.on(Event)(never)
    hooks.observe(lambda record: never(record))  # type: ignore[arg-type]
    assert [tried(hooks, each) for each in hooks.endpoints] == ["verified"]


def served(*providers: Any, **options: Any) -> Dispatcher:
    hooks = Dispatcher(**options)
    for number, provider in enumerate(providers):
        hooks.add(provider, path=f"p{number}")
    return hooks


async def asked() -> str:
    return SECRET


def of_a_request(request: RawRequest) -> list[str]:
    return [SECRET, "an old one of sixteen characters"]


async def networks() -> list[str]:
    return ["198.51.100.0/24"]


@pytest.mark.parametrize(
    "hooks",
    [
        served(MeetingBaaS(secret=SECRET)),
        served(MeetingBaaS(alert_secret=SECRET)),
        served(MeetingBaaS(secret=asked)),
        served(MeetingBaaS(secret=of_a_request)),
        served(TencentChat(sdk_app_id=[14, 15], token=SECRET)),
        served(TencentRoom(unverified=True)),
        served(VCaaS(url_token=SECRET)),
        served(VCaaS(url_token=SECRET, allowed_networks=["203.0.113.0/24", "::1/128"])),
        served(VCaaS(url_token=SECRET, allowed_networks=networks)),
        served(VCaaS(url_token=SECRET, allowed_networks=lambda: "203.0.113.7")),
        served(VCaaS(url_token=SECRET, allowed_networks="203.0.113.7"), trusted_proxies=2, require_https=True),
        served(StandardWebhooks(secret=SIGNING_SECRET, events={"order.made": Ordered})),
    ],
)
def test_an_endpoint_believes_its_own_vendor(hooks: Dispatcher) -> None:
    assert [tried(hooks, each) for each in hooks.endpoints] == ["verified"]


def broken() -> str:
    raise OSError("the vault is closed, and its password is tell-nobody")


def test_an_endpoint_that_does_not_is_told() -> None:
    hooks = served(MeetingBaaS(secret=broken), VCaaS(url_token=SECRET, allowed_networks=broken))
    assert [tried(hooks, each) for each in hooks.endpoints] == [
        "its secret or its networks cannot be asked for: OSError"
    ] * 2
    assert all("is not accepted: its secret or its networks" in each for each in weak(hooks))


def test_a_public_key_cannot_sign() -> None:
    pytest.importorskip("cryptography")
    hooks = served(StandardWebhooks(secret=PUBLIC_KEY, events={"order.made": Ordered}))
    assert not weak(hooks)
    assert any("cannot be signed here: a whpk_ key verifies and cannot sign" in each for each in notes(hooks))


# What is weak.


def test_nothing_is_weak_of_what_is_not() -> None:
    assert weak(strong(handler_timeout=20)) == []


def test_whoever_wants_may_send() -> None:
    assert weak(served(TencentRoom(unverified=True))) == ["p0: unverified=True: anybody can send it events"]


def test_an_application_id_is_no_secret() -> None:
    assert weak(served(TencentRoom(sdk_app_id=14))) == [
        "p0: without token= whoever knows sdk_app_id can send it events; give one where the vendor has it"
    ]


def test_a_short_secret() -> None:
    with pytest.warns(WeakSecretWarning):
        hooks = served(VCaaS(url_token=[SECRET, "short", f"{SECRET}\n"]))
    assert weak(hooks) == [
        "p0: url_token has 5 characters; 16 random ones or more cannot be guessed",
        "p0: url_token has white space around it; if it was read from a file, write .strip()",
    ]


def test_a_proof_that_does_not_cover_the_body_is_worth_a_note() -> None:
    assert any("its proof does not cover the body" in each for each in notes(served(VCaaS(url_token=SECRET))))
    assert not any("its proof" in each for each in notes(strong()))


def test_nobody_handles_anything() -> None:
    assert any("no handler is registered for its events" in each for each in notes(served(VCaaS(url_token=SECRET))))


class Hasty(MeetingBaaS):
    def retention(self, event: Event) -> float:
        return 60.0


def test_what_is_remembered_for_too_short() -> None:
    hooks = Dispatcher()
    hooks.add(Hasty(signing_secret=SIGNING_SECRET))
    found = weak(hooks)
    assert len(found) == len(hooks.endpoints[0].provider.catalog)
    assert found[0] == (
        "meeting-baas: BotStatusChanged is remembered for 1 min, and the vendor comes again for 3.4 h: "
        "a late retry runs the handlers again"
    )


def question(event: Event) -> Forbid | None:
    return None


@pytest.mark.parametrize(("deadline", "is_weak"), [(None, True), (2.0, True), (1.5, False)])
def test_a_decision_takes_no_longer_than_the_vendor_waits(deadline: float | None, is_weak: bool) -> None:
    hooks = served(TencentChat(sdk_app_id=14, token=SECRET))
    hooks.on(GroupBeforeSendMsg, deadline=deadline)(question)
    expected = (
        "p0: the vendor waits 2 s for a decision on GroupBeforeSendMsg: "
        "give tests.cli.test_check.question a deadline= below that"
    )
    assert weak(hooks) == ([expected] if is_weak else [])


def test_many_decisions_of_one_handler_are_told_at_once() -> None:
    hooks = served(TencentChat(sdk_app_id=14, token=SECRET))
    hooks.on(Event)(never)
    [text] = weak(hooks)
    assert text == (
        "p0: the vendor waits 2 s for a decision on SnsPrevFriendAdd, SnsPrevFriendResponse, C2CBeforeSendMsg and 10 "
        "more: give tests.cli.test_check.never a deadline= below that"
    )


def test_a_gift_is_a_question_too() -> None:
    hooks = served(TencentLive(sdk_app_id=14, token=SECRET))
    hooks.on(LiveBeforeSendGift, default=Allow())(question)
    assert "give tests.cli.test_check.question a deadline=" in weak(hooks)[0]


@pytest.mark.parametrize(("timeout", "expected"), [(None, "note"), (1.5, None), (2, "weak"), (10, "weak")])
def test_handlers_take_no_longer_than_the_vendor_waits(timeout: float | None, expected: str | None) -> None:
    hooks = served(TencentChat(sdk_app_id=14, token=SECRET), handler_timeout=timeout)
    hooks.on(GroupAfterSendMsg)(never)
    levels = [each.level for each in found(hooks) if "the vendor waits 2 s, and handler_timeout" in each.text]
    assert levels == ([] if expected is None else [expected])


def test_a_vendor_that_says_nothing_of_its_patience_is_not_compared_with() -> None:
    hooks = served(VCaaS(url_token=SECRET))
    hooks.on(UserJoinLeave)(never)
    assert not any("handler_timeout" in each.text for each in found(hooks))


def test_nothing_is_deduplicated() -> None:
    assert weak(strong(idempotency=None)) == ["store: idempotency=None: every retry runs the handlers again"]


def test_a_memory_of_one_process() -> None:
    assert weak(strong(), workers=2)[0].startswith("store: 2 workers: a retry that reaches another one")
    assert any("forgets at a restart" in each for each in notes(strong(), workers=1))


def test_a_store_without_its_tables(tmp_path: Any) -> None:
    class Missing(MemoryStore):
        def check(self) -> None:
            from webhook_kit import ConfigurationError

            raise ConfigurationError("the table is missing: call create()")

    assert "store: the table is missing: call create()" in weak(strong(idempotency=Missing()))
    store: Store = SQLStore(f"sqlite:///{tmp_path}/webhooks.db")
    assert weak(strong(idempotency=store), workers=8) == []


def test_a_store_that_cannot_be_reached_tells_no_password() -> None:
    class Gone(MemoryStore):
        def check(self) -> None:
            raise OSError("postgresql://user:tell-nobody@db refused")

    assert "store: it cannot be reached: OSError" in weak(strong(idempotency=Gone()))


# Finding the dispatcher.


def test_handlers_that_only_a_framework_can_call_are_checked_and_not_served(publish: Publish, invoke: Invoke) -> None:
    fastapi = pytest.importorskip("fastapi")
    hooks = Dispatcher()
    hooks.add(MeetingBaaS(signing_secret=SIGNING_SECRET))

    @hooks.on(BotCompleted)
    def archive(event: BotCompleted, session: object = fastapi.Depends(dict)) -> None:
        never(event)

    publish(hooks=hooks)
    assert invoke("check", "shop:hooks").exit_code == Exit.OK
    served = invoke("serve", "shop:hooks", "--port", "0")
    assert served.exit_code == Exit.FAILED
    assert "only FastAPI gives" in served.stderr


def test_a_function_may_make_it(publish: Publish, invoke: Invoke) -> None:
    publish(make=strong)
    assert invoke("check", "shop:make").exit_code == Exit.OK


def test_the_only_dispatcher_of_a_module_needs_no_name(publish: Publish, invoke: Invoke) -> None:
    publish(hooks=strong(), other=7)
    assert invoke("check", "shop").exit_code == Exit.OK


class Shop:
    hooks = strong()


def test_it_may_be_an_attribute_of_something(publish: Publish, invoke: Invoke) -> None:
    publish(Shop=Shop)
    assert invoke("check", "shop:Shop.hooks").exit_code == Exit.OK


def fails() -> Dispatcher:
    raise KeyError("MEETING_BAAS_SECRET")


def misconfigured() -> Dispatcher:
    hooks = Dispatcher()
    hooks.add(VCaaS())
    return hooks


def wrong_handler() -> Dispatcher:
    hooks = strong()
    hooks.on(MeetingCompleted, endpoint="nowhere")(never)
    return hooks


@pytest.mark.parametrize(
    ("reference", "code", "said"),
    [
        ("shop", Exit.USAGE, "write shop:hooks or :other"),
        ("shop:hook", Exit.USAGE, "shop has no 'hook'; did you mean 'hooks'"),
        ("shop:number", Exit.USAGE, "shop:number is a int, not a Dispatcher: write shop:hooks or :other"),
        ("shop:Shop", Exit.USAGE, "shop:Shop is a type, not a Dispatcher"),
        ("shop:needs_more", Exit.USAGE, "shop:needs_more is a function, not a Dispatcher"),
        ("shop:fails", Exit.FAILED, "shop:fails() failed: KeyError: 'MEETING_BAAS_SECRET'\n"),
        ("shop:misconfigured", Exit.FAILED, "shop:misconfigured: VCaaS has no check"),
        ("shop:wrong_handler", Exit.FAILED, "shop:wrong_handler: tests.cli.test_check.never is registered for"),
        (":hooks", Exit.USAGE, "':hooks' names no module: write module:attribute"),
        (".shop:hooks", Exit.USAGE, "'.shop:hooks' names no module: write module:attribute"),
        ("shops:hooks", Exit.USAGE, "there is no module 'shops' here; write module:attribute"),
        ("shop.hooks:hooks", Exit.USAGE, "there is no module 'shop.hooks' here; write module:attribute"),
    ],
)
def test_a_reference_that_names_none_says_what_to_write(
    reference: str, code: Exit, said: str, publish: Publish, invoke: Invoke
) -> None:
    def needs_more(environment: str) -> Dispatcher:
        return strong()

    publish(
        hooks=strong(),
        other=strong(),
        number=7,
        Shop=Shop,
        needs_more=needs_more,
        fails=fails,
        misconfigured=misconfigured,
        wrong_handler=wrong_handler,
    )
    result = invoke("check", reference, COLUMNS="300")
    assert result.exit_code == code
    assert said in result.stderr


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_this_name", "broken_shop cannot be imported: there is no module 'nothing_of_this_name'\n"),
        ("os", "broken_shop cannot be imported: NameError: name 'os' is not defined\n"),
        ("(", "broken_shop cannot be imported: SyntaxError: '(' was never closed"),
        ("raise ValueError('one\\n  two')", "broken_shop cannot be imported: ValueError: one two\n"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_in_one_line(
    source: str, said: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    (tmp_path / "broken_shop.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    result = invoke("check", "broken_shop:hooks")
    assert result.exit_code == Exit.FAILED
    assert result.stderr.startswith(said)
    assert len(result.stderr.splitlines()) == 1


def test_a_warning_does_not_show_the_line_that_it_is_about(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """Which may hold the secret."""
    (tmp_path / "weak_shop.py").write_text(
        "from webhook_kit import Dispatcher\nfrom webhook_kit.providers.vcaas import VCaaS\n"
        "hooks = Dispatcher()\nhooks.add(VCaaS(url_token='x-1-y-2'))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    warnings.simplefilter("default")
    result = invoke("check", "weak_shop:hooks", COLUMNS="80")
    sys.modules.pop("weak_shop")
    assert result.exit_code == Exit.FAILED
    assert "weak_shop.py:4: WeakSecretWarning: url_token has 7 characters" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "x-1-y-2" not in result.output


def test_a_text_with_brackets_is_shown_as_it_is(publish: Publish, invoke: Invoke) -> None:
    hooks = strong()
    hooks.on("bot.[a-z]*", unknown=True)(never)
    publish(hooks=hooks)
    assert "tests.cli.test_check.never  bot.[a-z]*" in invoke("check", "shop:hooks").stdout.splitlines()


def test_a_module_of_the_folder_is_found(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    (tmp_path / "small_shop.py").write_text("from tests.cli.test_check import strong\nhooks = strong()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    assert invoke("check", "small_shop:hooks").exit_code == Exit.OK
    sys.modules.pop("small_shop")


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_what_handlers_take_is_none_of_its_business() -> None:
    hooks = strong()

    @hooks.on(BotCompleted)
    async def archive(event: BotCompleted, delivery: Delivery) -> None:
        never(event)

    records: list[Record] = []
    hooks.observe(records.append)
    assert [tried(hooks, each) for each in hooks.endpoints] == ["verified"]
    assert records == []
