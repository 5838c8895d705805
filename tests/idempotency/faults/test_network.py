"""What the network between an application and its store does to deliveries: nothing that is not made good."""

from __future__ import annotations

import gc
import itertools

import pytest

from tests.core.plain import SECRET
from tests.idempotency.faults.application import (
    LEASE,
    PASSWORD,
    PAYLOAD,
    Application,
    heavy,
    refused,
    running,
)
from tests.idempotency.faults.conftest import Remote
from webhook_kit import Delivery, Outcome

DOORS = [f"door {number}" for number in range(8)]


class TestAnIdleConnectionThatBroke:
    @pytest.mark.parametrize("reset", [True, False], ids=["reset", "end"])
    def test_is_replaced_without_a_refusal(self, remote: Remote, driver: str, reset: bool) -> None:
        with running(remote.store(), driver) as application:
            assert set(application.statuses(*DOORS)) == {200}
            remote.proxy.cut(reset=reset)
            assert remote.proxy.wait_for_links(0)
            assert set(application.statuses(*(f"another {door}" for door in DOORS))) == {200}


class TestAServerThatCannotBeReached:
    def test_is_a_503_at_once_and_used_again_when_it_can(self, remote: Remote, driver: str) -> None:
        with running(remote.store(), driver) as application:
            application.deliver(*DOORS)
            remote.proxy.refuse()
            remote.proxy.cut()
            for round in range(3):
                refused(application.deliver(*(f"{round} {door}" for door in DOORS)), remote.bound)
            remote.proxy.resume()
            assert set(application.statuses(*(f"2 {door}" for door in DOORS))) == {200}
            application.no_thread_is_left_behind(remote.connections)
            assert sorted(application.opened) == sorted([*DOORS, *(f"2 {door}" for door in DOORS)])

    def test_is_a_503_from_the_start(self, remote: Remote, driver: str) -> None:
        remote.proxy.refuse()
        with running(remote.store(), driver) as application:
            refused(application.deliver(*DOORS), remote.bound)
            remote.proxy.resume()
            assert set(application.statuses(*DOORS)) == {200}
            assert sorted(application.opened) == sorted(DOORS)


@heavy
class TestAServerThatSaysNothing:
    def test_is_a_503_within_bounded_time_and_used_again_when_it_speaks(self, remote: Remote, driver: str) -> None:
        with running(remote.store(), driver) as application:
            application.deliver(*DOORS)
            remote.proxy.stall()
            for round in range(2):
                refused(application.deliver(*(f"{round} {door}" for door in DOORS)), remote.bound)
            remote.proxy.resume()
            assert set(application.statuses(*(f"after {door}" for door in DOORS))) == {200}
            application.no_thread_is_left_behind(remote.connections)

    def test_is_a_503_from_the_start(self, remote: Remote, driver: str) -> None:
        remote.proxy.stall()
        with running(remote.store(), driver) as application:
            refused(application.deliver(*DOORS), remote.bound)
            remote.proxy.resume()
            assert set(application.statuses(*(f"after {door}" for door in DOORS))) == {200}

    @pytest.mark.parametrize("number", [2, 3, 4])
    def test_is_a_503_at_any_moment_of_connecting(self, remote: Remote, driver: str, number: int) -> None:
        """Also after the client library has connected, while the store gets to know the server."""
        with running(remote.store(), driver) as application:
            sent = itertools.count(1)

            def stall_at_the_right_one() -> None:
                if next(sent) < number:
                    remote.proxy.at(b"", stall_at_the_right_one)
                else:
                    remote.proxy.stall()

            remote.proxy.at(b"", stall_at_the_right_one)
            refused(application.deliver("front"), remote.bound)
            remote.proxy.resume()
            assert application.statuses("back") == [200]

    def test_leaves_no_connection_behind(self, remote: Remote, driver: str) -> None:
        with running(remote.store(), driver) as application:
            application.deliver(*DOORS)
            most = remote.proxy.links
            for round in range(2):
                remote.proxy.stall()
                application.deliver(f"{round}", f"{round} too")
                remote.proxy.resume()
                assert application.statuses(f"{round} again") == [200]
            # psycopg leaves to the collector what did not become a connection in time.
            gc.collect()
            assert remote.proxy.wait_for_links(most)
        assert remote.proxy.wait_for_links(0)

    def test_may_carry_out_later_what_nobody_waits_for(self, remote: Remote, driver: str) -> None:
        """Then the key is held by nobody until the lease is over, and the retry after that runs."""
        with running(remote.store(), driver) as application:
            application.deliver(*DOORS)
            remote.proxy.stall()
            refused(application.deliver("front"), remote.bound)
            remote.proxy.resume()
            if application.statuses("front") == [503]:
                assert application.outcomes[-1] is Outcome.IN_FLIGHT
                remote.site.advance(application.store, LEASE + 1)
                assert application.statuses("front") == [200]
            assert application.opened.count("front") == 1
            assert application.statuses("front") == [200]
            assert application.outcomes[-1] is Outcome.DUPLICATE


class TestAClaim:
    @pytest.mark.parametrize("answered", [False, True], ids=["its request", "its answer"])
    def test_that_gets_lost_on_its_way_is_made_again(self, remote: Remote, driver: str, answered: bool) -> None:
        with running(remote.store(), driver) as application:
            application.deliver("warm")
            remote.proxy.at(application.key("front"), remote.proxy.cut, answered=answered)
            assert application.statuses("front") == [200]
            assert (application.opened, application.attempts) == (["warm", "front"], [1, 1])

    @pytest.mark.parametrize("answered", [False, True], ids=["its request", "its answer"])
    def test_that_gets_lost_with_the_server_is_free_after_the_lease(
        self, remote: Remote, driver: str, answered: bool
    ) -> None:
        with running(remote.store(), driver) as application:
            application.deliver("warm")
            remote.proxy.at(application.key("front"), remote.proxy.refuse, remote.proxy.cut, answered=answered)
            refused(application.deliver("front"), remote.bound)
            remote.proxy.resume()
            assert application.statuses("back") == [200], "others are not held up"
            if answered:
                assert application.statuses("front") == [503]
                assert application.outcomes[-1] is Outcome.IN_FLIGHT
                remote.site.advance(application.store, LEASE + 1)
            assert application.statuses("front") == [200]
            assert application.opened == ["warm", "back", "front"]


class TestACompletion:
    def lose(self, remote: Remote, application: Application, answered: bool) -> None:
        def cut(delivery: Delivery) -> None:
            remote.proxy.at(application.key("front"), remote.proxy.refuse, remote.proxy.cut, answered=answered)
            application.meanwhile = lambda delivery: None

        application.deliver("warm")
        application.meanwhile = cut
        refused(application.deliver("front"), remote.bound)
        assert application.outcomes[-1] is Outcome.STORE_UNAVAILABLE
        remote.proxy.resume()

    def test_that_gets_lost_lets_the_handler_run_again(self, remote: Remote, driver: str) -> None:
        """At least once: what a handler does elsewhere is done twice."""
        with running(remote.store(), driver) as application:
            self.lose(remote, application, answered=False)
            assert application.statuses("front") == [503]
            assert application.outcomes[-1] is Outcome.IN_FLIGHT
            remote.site.advance(application.store, LEASE + 1)
            assert application.statuses("front") == [200]
            assert (application.opened, application.attempts) == (["warm", "front", "front"], [1, 1, 2])

    def test_whose_answer_gets_lost_is_known_to_the_retry(self, remote: Remote, driver: str) -> None:
        with running(remote.store(), driver) as application:
            self.lose(remote, application, answered=True)
            assert application.statuses("front") == [200]
            assert application.outcomes[-1] is Outcome.DUPLICATE
            assert application.opened == ["warm", "front"]


def test_what_is_logged_holds_neither_a_secret_nor_a_payload(
    remote: Remote, driver: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    with running(remote.store(), driver) as application:
        application.deliver(*DOORS)
        remote.proxy.refuse()
        remote.proxy.cut()
        application.deliver(*(f"another {door}" for door in DOORS))
    assert caplog.text.count("store_unavailable") == len(DOORS)
    shown = caplog.text + "".join(capfd.readouterr())
    assert [text for text in (PASSWORD, SECRET, PAYLOAD, "Traceback") if text in shown] == []
