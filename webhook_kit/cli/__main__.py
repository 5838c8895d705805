"""``python -m webhook_kit.cli`` does what ``webhook-kit`` does."""

from __future__ import annotations

from . import main

main()
