"""The contract: every shipped provider keeps it."""

from __future__ import annotations

from . import shipped


class TestTencentChat(shipped.Chat):
    pass


class TestTencentRoom(shipped.Room):
    pass


class TestTencentLive(shipped.Live):
    pass


class TestTencentCall(shipped.Call):
    pass


class TestTencentRTC(shipped.RTC):
    pass


class TestMeetingBaaS(shipped.FirstGeneration):
    pass


class TestMeetingBaaSByKey(shipped.FirstGenerationByKey):
    pass


class TestMeetingBaaSSecondGeneration(shipped.SecondGeneration):
    pass


class TestMeetingBaaSOfOneBot(shipped.OfOneBot):
    pass


class TestMeetingBaaSAlerts(shipped.Alerts):
    pass


class TestVCaaS(shipped.HiLink):
    pass


class TestVCaaSByShape(shipped.HiLinkByShape):
    pass


class TestStandardWebhooks(shipped.Standard):
    pass
