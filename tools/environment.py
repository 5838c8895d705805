"""Make or bring up to date the virtual environment that the Makefile works in.

Written for any Python 3 that is still around, so that one which is too old says so instead of failing on the syntax.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = os.path.join(ROOT, ".venv")
STAMP = os.path.join(ENVIRONMENT, ".stamp")
INPUTS = [os.path.join(ROOT, name) for name in ("pyproject.toml", "setup.py", "constraints.txt")]


def fresh():
    """Tell whether the environment was made after the last change of what it is made from."""
    if not os.path.exists(STAMP):
        return False
    made = os.path.getmtime(STAMP)
    return all(os.path.getmtime(path) <= made for path in INPUTS)


def usable(python):
    """Tell whether there is an environment that can be installed into: its interpreter may have gone."""
    if not os.path.exists(python):
        return False
    code = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return subprocess.run([python, "-c", code], stderr=subprocess.DEVNULL).returncode == 0


def bring_up_to_date():
    """Create the environment where it is missing and install what the project needs."""
    python = os.path.join(ENVIRONMENT, "bin", "python")
    if usable(python):
        print("Updating .venv …", flush=True)
        if os.path.exists(STAMP):
            os.remove(STAMP)
    else:
        print(
            f"Setting up .venv with Python {sys.version_info[0]}.{sys.version_info[1]} (about a minute) …", flush=True
        )
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", "constraints.txt", "-e", ".[dev]"], check=True, cwd=ROOT)
    with open(STAMP, "w"):
        pass


def main():
    """Let one process at a time do the work; the others wait for it and find it done."""
    if sys.version_info < OLDEST:
        return f"webhook_kit needs Python {OLDEST[0]}.{OLDEST[1]} or newer; name one: make PYTHON=python3.11"
    with open(ENVIRONMENT + ".lock", "w") as lock:
        try:
            import fcntl
        except ImportError:
            pass
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not fresh():
            try:
                bring_up_to_date()
            except subprocess.CalledProcessError as error:
                return f"Setting up .venv failed at: {' '.join(error.cmd[1:4])}"
    return None


if __name__ == "__main__":
    sys.exit(main())
