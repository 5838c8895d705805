"""The battery over real sockets: every host on every server. ``python -m tests.conformance`` runs it."""
