"""Source checks that the languages' own linters lack. Prints each finding; exits with 1 if there are any."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Only these files and directories may be at the root: notes do not belong in the tree.
AT_ROOT = {
    ".dockerignore", ".editorconfig", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "Cargo.lock", "Cargo.toml",
    "Dockerfile", "LICENSE", "README.md", "SECURITY.md", "build.rs", "clippy.toml", "compose.yaml", "deny.toml",
    "diesel.toml", "justfile", "justw", "rustfmt.toml",
}  # fmt: skip
NOTE = re.compile(r"(^|[-_./\d])(notes?|todo|draft|scratch|wip)([-_.]|$)", re.IGNORECASE)
# A prepared statement that returns `*` fails after a column is added.
STAR = re.compile(r"\b(SELECT|RETURNING)\s+(DISTINCT\s+)?\*|\b[a-z_]+\.\*(?=\s*(,|\)|\\?\"|FROM\b|AS\b|$))|,\s*\*\s+FROM\b")
# It means that PostgreSQL rejected a statement permanently: only the code that maps its errors knows that.
UNEXPECTED = re.compile(r"StoreError::Unexpected\((?!_\))")


def findings():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        path = pathlib.PurePosixPath(name)
        if len(path.parts) == 1 and name not in AT_ROOT:
            yield f"{name}: unexpected file at the root"
        if NOTE.search(path.name):
            yield f"{name}: looks like a note; notes do not belong in the tree"
        if path.parts[0] != "src" or path.suffix != ".rs" or not (ROOT / name).exists():
            continue
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            if line.lstrip().startswith("//"):
                continue
            if path.parts[1] == "db" and STAR.search(line):
                yield f"{name}:{number}: name the columns instead of `*`"
            if name != "src/error.rs" and UNEXPECTED.search(line):
                yield f"{name}:{number}: create `Unexpected` only in src/error.rs, from PostgreSQL's errors"


found = list(findings())
print("\n".join(found) or "no findings")
sys.exit(bool(found))
