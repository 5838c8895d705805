"""Import the core with every provider and fail if a framework or an extra came along.

Also run by itself, as ``python -m tests.packaging.core_imports``, where nothing but the core is installed.
"""

import sys
from importlib import import_module
from pkgutil import iter_modules

NEED_MORE = {
    "webhook_kit.adapters",
    "webhook_kit.cli",
    "webhook_kit.idempotency.redis",
    "webhook_kit.idempotency.sql",
    # What is for pytest.
    "webhook_kit.testing.plugin",
    "webhook_kit.testing.provider_contract",
    "webhook_kit.testing.store_contract",
}
FRAMEWORKS = {"django", "fastapi", "flask", "starlette", "werkzeug"}
EXTRAS = {"cryptography", "httpx2", "psycopg", "pytest", "redis", "rich", "sqlalchemy", "typer", "uvicorn"}
ADAPTERS_OF_THE_CORE = ["webhook_kit.adapters.asgi", "webhook_kit.adapters.starlette", "webhook_kit.adapters.wsgi"]


def import_all(name: str) -> list[str]:
    """Import a package and what is below it, but for what needs more than the core; return the names."""
    module = import_module(name)
    names = [name]
    for found in iter_modules(getattr(module, "__path__", []), f"{name}."):
        if found.name not in NEED_MORE:
            names += import_all(found.name)
    return names


def main() -> None:
    """Import the core; then the adapters that need nothing but its own dependencies."""
    names = import_all("webhook_kit")
    loaded = (FRAMEWORKS | EXTRAS) & sys.modules.keys()
    if loaded:
        sys.exit(f"importing the core also imports {', '.join(sorted(loaded))}")
    for name in ADAPTERS_OF_THE_CORE:
        import_module(name)
    loaded = ({"django", "fastapi", "flask"} | EXTRAS) & sys.modules.keys()
    if loaded:
        sys.exit(f"importing the plain adapters also imports {', '.join(sorted(loaded))}")
    print(f"{len(names)} modules of the core import no framework and no extra")


if __name__ == "__main__":
    main()
