"""Values that stand where others are expected: names for readers, bytes for machines."""

from __future__ import annotations

import gzip
from typing import Final

from .senders import APP, NOW

ODD_TEXTS: Final = {
    "null": b"null",
    "undefined": b"undefined",
    "zero": b"0",
    "a star": b"*",
    "an empty list": b"[]",
    "two quotes": b'""',
    "a piece of SQL": b"' OR '1'='1",
    "a format": b"%s%n{0.__class__}",
    "a template": b"{{7*7}}",
    "a comma": b",",
    "an equals sign": b"=",
    "latin-1": b"\xe9\xe8\xff",
    "UTF-8": "é".encode() * 32,
    "an emoji": "\U0001f4a9".encode(),
    "bytes that are no text": b"\xff\xfe\xfd\x80",
    "a digest of zeros": b"0" * 64,
    "10,000 letters": b"x" * 10_000,
}

NO_NUMBERS: Final = {
    "a word": b"soon",
    "an exponent": b"1.79e9",
    "a fraction": f"{NOW}.0".encode(),
    "a plus": f"+{NOW}".encode(),
    "a minus": f"-{NOW}".encode(),
    "underscores": b"1_790_000_000",
    "hexadecimal digits": hex(NOW).encode(),
    "full-width digits": "１７９０００００００".encode(),
    "Arabic digits": "١٧٩٠٠٠٠٠٠٠".encode(),
    "superscripts": "¹⁷⁹".encode(),
    "NaN": b"NaN",
    "infinity": b"inf",
    "milliseconds": f"{NOW}000".encode(),
    "5,000 digits": b"9" * 5000,
}

NO_APPS: Final = {
    "an empty one": b"",
    "another one": b"1400000001",
    "a zero before it": b"0" + APP,
    "a plus before it": b"+" + APP,
    "a fraction": APP + b".0",
    "an exponent": b"1.4e9",
    "full-width digits": "１４００００００００".encode(),
    "bytes that are no text": b"\xff\xfe",
    "two in one": APP + b"," + APP,
    "a second one after a semicolon": APP + b";SdkAppid=1",
    "5,000 digits": APP * 500,
}

NO_OBJECTS: Final = {
    "nothing": b"",
    "white space": b" \r\n\t ",
    "null": b"null",
    "true": b"true",
    "a number": b"7",
    "a text": b'"text"',
    "a list": b"[]",
    "a list with an object in it": b'[{"event":"complete"}]',
    "an object that does not end": b'{"event":"complete"',
    "two objects": b"{}{}",
    "an object and a word": b"{} x",
    "a comma too many": b'{"event":"complete",}',
    "single quotes": b"{'event':'complete'}",
    "a comment": b'{"event":"complete"/* here */}',
    "a name without quotes": b'{event:"complete"}',
    "a byte order mark": b'\xef\xbb\xbf{"event":"complete"}',
    "UTF-16": '{"event":"complete"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"event":"complete"}'.encode("utf-16-le"),
    "UTF-32": '{"event":"complete"}'.encode("utf-32"),
    "latin-1": '{"event":"é"}'.encode("latin-1"),
    "an overlong letter": b'{"event":"\xc0\x80"}',
    "a surrogate in UTF-8": b'{"event":"\xed\xa0\x80"}',
    "a lone surrogate as a value": b'{"event":"\\ud800"}',
    "a lone surrogate as a name": b'{"\\udfff":1}',
    "a line break in a text": b'{"event":"a\nb"}',
    "a NUL byte": b'{"event":"complete"}\x00',
    "nothing but a NUL byte": b"\x00",
    "1,000 lists in each other": b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "5,000 lists that do not end": b'{"a":' + b"[" * 5000,
    "1,000 objects in each other": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "a number of 5,000 digits": b'{"a":%s}' % (b"9" * 5000),
    "a form": b"payload=%7B%7D",
    "parts": b'--x\r\ncontent-disposition: form-data; name="payload"\r\n\r\n{}\r\n--x--\r\n',
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07payload\x94.",
    "gzip that nothing says": gzip.compress(b"{}"),
}

ODD_FIELDS: Final[dict[str, str]] = {
    "NaN": '"a":NaN',
    "infinities": '"a":Infinity,"b":-Infinity,"c":1e999',
    "a number of 300 digits": f'"a":{"9" * 300}',
    "the same name 100 times": ",".join(['"a":1'] * 100),
    "names of attributes": '"__proto__":{"a":1},"__class__":"x","__dict__":{},"__init__":null,"constructor":{}',
    "names of pydantic's": '"model_extra":1,"model_fields":{},"model_config":{},"model_dump":"x","model_copy":[]',
    "names of ours": '"drift":{"a":1},"provider":"x","occurred_at":"never","payload":[],"self":1,"cls":2',
    "an empty name": '"":{"":{"":1}}',
    "a NUL in a name and in a value": '"a\\u0000b":"c\\u0000d"',
    "terminal escapes": '"a":"\\u001b[2J\\r\\nFORGED LINE"',
    "formats": '"a":"%s%n{0.__class__.__mro__}","%(secret)s":"${jndi:ldap://x}"',
    "150 lists in each other": f'"a":{"[" * 150}{"]" * 150}',
    "1,000 names": ",".join(f'"{number}":0' for number in range(1000)),
    "a type that is a list and one that is an object": '"event":[],"type":{"a":[]}',
    "a type of 5,000 letters": f'"event":"{"x" * 5000}","type":"{"x" * 5000}"',
    "a type with line breaks": '"event":"a\\r\\nFORGED LINE","type":"b\\u2028c"',
    "a type that is a pattern": '"event":"*","type":"meeting.*"',
}

HARMLESS_HEADERS: Final = {
    "a method to use instead": (b"X-HTTP-Method-Override", b"DELETE"),
    "an address to use instead": (b"X-Original-URL", b"/own"),
    "a path to add": (b"X-Script-Name", b"/../.."),
    "a client that it claims to be": (b"X-Forwarded-For", b"127.0.0.1"),
    "a host that it claims to have called": (b"X-Forwarded-Host", b"evil.example"),
    "a scheme that it claims to have used": (b"X-Forwarded-Proto", b"\xff"),
    "a cookie that is none": (b"Cookie", b'a="\xff; =; ;;b=\x80'),
    "credentials for somebody else": (b"Authorization", b"Basic \xff\xfe"),
    "a range": (b"Range", b"bytes=0-0,1-1,-9999999999"),
    "a condition": (b"If-None-Match", b"*"),
    "languages that do not exist": (b"Accept-Language", b"*;q=\xff," * 50),
    "a proxy of its own": (b"Proxy", b"http://evil.example"),
    "a wish for another protocol": (b"Upgrade", b"websocket"),
    "8,000 letters": (b"X-Long", b"x" * 8000),
}

HOSTS: Final = {
    "nobody": b"",
    "somebody else": b"evil.example:81",
    "an address that does not end": b"[::1",
    "a port that is no number": b"hooks.example:443@evil",
    "a path": b"hooks.example/own",
    "bytes that are no text": b"\xff\xfe",
    "two dots": b"..",
    "5,000 letters": b"x" * 5000,
}

KINDS: Final = {
    "none": b"",
    "a form": b"application/x-www-form-urlencoded",
    "parts": b"multipart/form-data; boundary=x",
    "parts without a boundary": b"multipart/form-data",
    "a charset that does not exist": b"application/json; charset=bogus",
    "a charset that is a compression": b"application/json; charset=zlib",
    "UTF-7": b"application/json; charset=utf-7",
    "UTF-16": b"application/json; charset=utf-16",
    "bytes that are no text": b"\xff\xfe; charset=\xff",
}
