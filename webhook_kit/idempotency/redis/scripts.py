"""The transitions of a delivery in Lua: one script each, atomic in the server, on the server's clock.

A delivery is a hash: ``token`` while it is claimed, ``until`` (the end of the lease, in microseconds), ``attempt``,
``done`` (a JSON array of handlers' names); once completed ``status``, ``headers`` and ``body``.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Final


class Script:
    """A script, which the server knows by its digest."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        # The server's name for it, not a protection.
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
"""

_FENCE = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
"""

# Arguments: token, lease in microseconds, milliseconds until the key is forgotten.
# A claim by the token that holds it already is one whose answer got lost.
CLAIM: Final = Script(
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'token', 'until', 'attempt', 'done', 'status', 'headers', 'body')
if held[5] then return {'done', held[5], held[6], held[7]} end
if held[1] == ARGV[1] then return {'new', tonumber(held[3]), held[4]} end
if held[1] and tonumber(held[2]) > now then return {'busy', tonumber(held[2]) - now} end
local attempt = (tonumber(held[3]) or 0) + 1
local done = held[4] or '[]'
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]),
           'attempt', attempt, 'done', done)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'new', attempt, done}
"""
)

# Arguments: token, status, headers, body, retention in milliseconds.
COMPLETE: Final = Script(
    _FENCE
    + """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'status', ARGV[2], 'headers', ARGV[3], 'body', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
"""
)

# Arguments: token, names of handlers, milliseconds until the key is forgotten.
RELEASE: Final = Script(
    _FENCE
    + """
redis.call('HDEL', KEYS[1], 'token')
redis.call('HSET', KEYS[1], 'done', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
)

# Arguments: token, lease in microseconds, milliseconds until the key is forgotten.
EXTEND: Final = Script(
    _FENCE
    + _NOW
    + """
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
)
