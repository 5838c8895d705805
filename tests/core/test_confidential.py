"""What holds credentials is never written down."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from webhook_kit import Delivery, RawRequest
from webhook_kit.adapters.wsgi import request_of
from webhook_kit.signatures import Credential, Signed

REQUEST = RawRequest("POST", "/chat", query_string=b"token=a", headers=[("authorization", "b")], body=b"c")

HOLDERS = [
    REQUEST,
    REQUEST.headers,
    REQUEST.query,
    request_of({"REQUEST_METHOD": "POST", "HTTP_AUTHORIZATION": "b"}, "/chat").headers,
    Delivery(endpoint="chat", provider="tencent-chat", request=REQUEST, received=0.0),
    Credential(b"a"),
    Signed((("authorization", "b"),)),
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
@pytest.mark.parametrize("written", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_neither_pickled_nor_copied(written: Callable[[object], object], holder: object) -> None:
    """A queue, a cache or the report of an error would keep it for long, and show it to many."""
    with pytest.raises(TypeError, match=f"a {type(holder).__name__} is not pickled, .* hand on the event"):
        written(holder)


def test_nor_is_what_holds_it_in_turn() -> None:
    with pytest.raises(TypeError, match="hand on the event"):
        pickle.dumps({"queued": [HOLDERS[4]]})
