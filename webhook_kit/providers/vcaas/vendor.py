"""What HiLink VCaaS sends, and when it comes again."""

from __future__ import annotations

from typing import Final

from ..retries import Retries
from ..vendor import Vendor
from .samples import SAMPLES

# https://docs.hilink.co/en/webhooks; how long the vendor waits is not documented.
OF_A_MEETING: Final = Retries(delays=(300.0, 600.0, 900.0, 1800.0), statuses=(200,))
REAL_TIME: Final = Retries(delays=(15.0, 30.0, 180.0, 1800.0), statuses=(200,), body=b"success")


class VCaaSVendor(Vendor):
    """Push to the routes that ``setup()`` tells the vendor of."""

    samples = SAMPLES

    def retries(self, type: str) -> Retries:
        return OF_A_MEETING if type == "meetingData" else REAL_TIME
