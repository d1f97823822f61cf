#!/usr/bin/env python3
"""Builds the console into generated/console/, which the service embeds.

build.py           builds it, and prints its compressed size
build.py --check   fails if generated/console/ is not what the sources build: compares the fingerprint of the
                   sources, and builds it again where npm is installed
build.py --test CONFIG
                   runs the browser tests (tests/run.mjs); exits with 77 if Node.js is not installed

Called by `./justw console`, `./justw check-console` and tests/console.rs.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(os.environ.get("ORDERS_TOOLS_DIR", ROOT / ".tools"))
SOURCES = ROOT / "console"
BUILT = ROOT / "target" / "console"
COMMITTED = ROOT / "generated" / "console"
FINGERPRINT = COMMITTED / "fingerprint"
#: Not part of what is built.
APART = {"node_modules", "tests"}
LIMIT_BYTES = 150_000
SKIPPED = 77
NEXT = "run `./justw console`, and commit generated/console/"


def main():
    match sys.argv[1:]:
        case []:
            build()
            shutil.rmtree(COMMITTED, ignore_errors=True)
            shutil.copytree(BUILT, COMMITTED)
            FINGERPRINT.write_text(f"{fingerprint()}\n")
        case ["--check"]:
            if not FINGERPRINT.is_file() or FINGERPRINT.read_text().strip() != fingerprint():
                sys.exit(f"error: the console was not built after its sources or the contract changed: {NEXT}")
            if shutil.which("npm", path=environment()["PATH"]):
                build()
                if contents(BUILT) != contents(COMMITTED):
                    sys.exit(f"error: generated/console/ is not what the sources build: {NEXT}")
        case ["--test", config]:
            node = shutil.which("node", path=environment()["PATH"])
            if not node or not shutil.which("npm", path=environment()["PATH"]):
                print("Node.js is not installed")
                sys.exit(SKIPPED)
            install()
            os.execve(node, [node, str(SOURCES / "tests" / "run.mjs"), config], environment())
        case _:
            sys.exit("usage: build.py [--check | --test CONFIG]")


def fingerprint():
    """The SHA-256 of everything that the console is built from."""
    files = [ROOT / "api" / "openapi.yaml", ROOT / "sdk" / "build.py"]
    files += (path for path in SOURCES.rglob("*") if path.relative_to(SOURCES).parts[0] not in APART)
    files += (ROOT / "sdk" / "typescript").rglob("*")
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def build():
    run(sys.executable, ROOT / "sdk" / "build.py", "build", "typescript", cwd=ROOT)
    install()
    programs = SOURCES / "node_modules" / ".bin"
    run(programs / "tsc")
    run(programs / "vite", "build", "--logLevel", "warn")
    size = sum(len(gzip.compress(content, 9)) for content in contents(BUILT).values())
    print(f"the console has {size:,} bytes, compressed")
    if size > LIMIT_BYTES:
        sys.exit(f"error: that is more than {LIMIT_BYTES:,} bytes")


def install():
    """Installs the dependencies, unless those of the lock file are installed."""
    lock = (SOURCES / "package-lock.json").read_bytes()
    stamp = SOURCES / "node_modules" / ".lock"
    if not stamp.is_file() or stamp.read_bytes() != lock:
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        stamp.write_bytes(lock)


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path != FINGERPRINT)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def environment():
    return {**os.environ, "PATH": f"{TOOLS / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def run(*command, cwd=SOURCES):
    """Runs a command, and prints its output only if it fails."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nerror: {Path(str(command[0])).name} failed with exit code {done.returncode}, see above")


if __name__ == "__main__":
    main()
