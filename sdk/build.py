#!/usr/bin/env python3
"""Builds the client packages from the contract, and tests them as a consumer would.

build.py build LANGUAGE                  builds target/sdk/LANGUAGE/package/ and prints the package's path
build.py conformance LANGUAGE SCENARIOS  builds the package, installs it into a separate project, and runs
                                         the language's runner and its README's snippet there

Called by `./justw sdk LANGUAGE` and by tests/sdk/. Each language has a directory here: config.yaml and
templates/ for openapi-generator, package/ with the hand-written code, conformance/ with the consumer.
`conformance` exits with 77 if the language's toolchain is not installed.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(os.environ.get("ORDERS_TOOLS_DIR", ROOT / ".tools"))
SKIPPED = 77
# Only the service checks limits: a widened limit needs no new SDK, and a violation is the same error in
# every language.
LIMITS = {
    "minimum", "maximum", "multipleOf", "pattern",
    "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
}  # fmt: skip
# Templates and options print these values unescaped.
PLAIN_VERSION = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")
PLAIN_PATH = re.compile(r"[0-9A-Za-z/{}_.~-]+")


def main():
    match sys.argv[1:]:
        case ["build", language] if language in LANGUAGES:
            sdk = LANGUAGES[language](language)
            if sdk.missing:
                sys.exit(f"error: {sdk.missing} is not installed, and this SDK needs it")
            print(sdk.build().relative_to(ROOT))
        case ["conformance", language, scenarios] if language in LANGUAGES:
            sdk = LANGUAGES[language](language)
            if sdk.missing:
                print(f"{sdk.missing} is not installed")
                sys.exit(SKIPPED)
            sdk.build()
            sdk.try_out(Path(scenarios).resolve())
        case _:
            sys.exit(f"usage: ./justw sdk {'|'.join(LANGUAGES)}")


class Sdk:
    #: Required programs; the language is skipped without them.
    programs = ()
    #: The info string of the README's first code block, and the file that its snippet is written to.
    fence = ""
    snippet = ""
    #: Options for openapi-generator in addition to config.yaml.
    options = ()

    def __init__(self, language):
        self.sources = ROOT / "sdk" / language
        self.work = ROOT / "target" / "sdk" / language
        self.generated = self.work / "source"
        self.package = self.work / "package"
        self.consumer = self.work / "consumer"
        self.environment = dict(os.environ)
        self.missing = next((name for name in self.programs if not shutil.which(name)), None)
        self.work.mkdir(parents=True, exist_ok=True)
        # Held until this process exits: two builds of one language would conflict.
        self.lock = open(self.work / ".lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        # JSON, because the standard library cannot read YAML; the build keeps the two in sync.
        self.contract = json.loads((ROOT / "generated" / "server" / "openapi.json").read_text("utf-8"))
        self.version = self.contract["info"]["version"]
        if not PLAIN_VERSION.fullmatch(self.version):
            sys.exit(f"error: info.version {self.version!r} is not a valid package version")
        for path in self.contract["paths"]:
            if not PLAIN_PATH.fullmatch(path):
                sys.exit(f"error: the path {path!r} has characters that are not supported in SDK code")

    def build(self):
        """Builds the package and returns its path."""
        for folder in (self.generated, self.package):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        self.generate()
        shutil.copytree(self.sources / "package", self.generated, dirs_exist_ok=True)
        return self.pack()

    def generate(self):
        contract = self.work / "contract.json"
        contract.write_text(json.dumps(without_limits(self.contract)))
        java = TOOLS / "bin" / "java"
        self.run(
            str(java) if java.exists() else "java", "-XX:TieredStopAtLevel=1",
            "-jar", TOOLS / "openapi-generator-cli.jar", "generate",
            "--input-spec", contract, "--config", self.sources / "config.yaml",
            "--template-dir", self.sources / "templates", "--output", self.generated,
            "--additional-properties", ",".join(
                f"{name}={self.version}"
                for name in ("npmVersion", "packageVersion", "artifactVersion")
            ),
            *self.options,
        )  # fmt: skip

    def pack(self):
        """Packs the sources into an installable file and returns its path."""
        raise NotImplementedError

    def try_out(self, scenarios):
        """Installs the package for the runner and the snippet, and runs both."""
        shutil.rmtree(self.consumer, ignore_errors=True)
        shutil.copytree(self.sources / "conformance", self.consumer)
        shutil.copy(ROOT / "sdk" / "conformance" / "webhooks.json", self.consumer)
        target = self.consumer / self.snippet
        target.parent.mkdir(parents=True, exist_ok=True)
        snippet, *quoted = readme_snippets(self.generated / "README.md", self.fence)
        target.write_text(snippet)
        sources = " ".join(path.read_text("utf-8") for path in self.consumer.rglob(f"*{target.suffix}"))
        for code in quoted:
            if " ".join(code.split()) not in " ".join(sources.split()):
                sys.exit(f"error: the conformance tests of this SDK do not contain what its README shows:\n{code}")
        runner, snippet = self.install()
        for scenario in json.loads(scenarios.read_text()):
            if scenario["snippet"]:
                self.run_snippet(snippet, scenario)
        # Its output and exit code are passed to the caller.
        done = subprocess.run([*runner, scenarios], cwd=self.consumer, env=self.environment)
        sys.exit(done.returncode)

    def install(self):
        """Prepares the consumer; returns the commands of its runner and of its snippet."""
        raise NotImplementedError

    def run_snippet(self, command, scenario):
        done = subprocess.run(
            command,
            cwd=self.consumer,
            env={
                **self.environment,
                "ORDERS_URL": scenario["url"],
                "ORDERS_API_KEY": scenario["client"]["api_key"],
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode == 0 and "completed" in done.stdout.splitlines():
            print(f"ok {scenario['name']}", flush=True)
        else:
            said = " ".join(done.stdout.split())
            print(f"failed {scenario['name']}: {done.returncode} {said}", flush=True)

    def run(self, *command, cwd=None):
        """Runs a command, and prints its output only if it fails."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd or self.generated,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Builds yield to the tests that run at the same time.
            preexec_fn=lambda: os.nice(10),
        )
        if done.returncode != 0:
            name = " ".join(Path(str(part)).name for part in command[:4])
            sys.exit(f"{done.stdout}\nerror: {name} … failed with exit code {done.returncode}, see above")
        return done.stdout


class TypeScript(Sdk):
    fence = "ts"
    snippet = "snippet.ts"

    def __init__(self, language):
        super().__init__(language)
        self.environment["PATH"] = f"{TOOLS / 'bin'}{os.pathsep}{self.environment['PATH']}"

    def pack(self):
        self.run("tsc")
        self.run("npm", "pack", "--ignore-scripts", "--pack-destination", self.package)
        return self.package / f"order-processing-sdk-{self.version}.tgz"

    def install(self):
        (package,) = self.package.glob("*.tgz")
        self.run(
            "npm", "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", package,
            cwd=self.consumer,
        )  # fmt: skip
        self.run("tsc", cwd=self.consumer)
        node = str(TOOLS / "bin" / "node")
        return [node, "runner.js"], [node, "snippet.js"]


class Python(Sdk):
    fence = "python"
    snippet = "snippet.py"

    def __init__(self, language):
        super().__init__(language)
        self.python = self.work / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def generate(self):
        super().generate()
        package = self.generated / "order_processing_sdk"
        for api in (package / "api").glob("*.py"):
            api.write_text(exact_times(api.read_text("utf-8")), "utf-8")
        # The generator's option enumNameMappings has no effect in Python.
        scope = package / "models" / "scope.py"
        scope.write_text(scope.read_text("utf-8").replace("_COLON_", "_"), "utf-8")

    def pack(self):
        self.prepare_venv()
        self.run(self.python, "-m", "flit_core.wheel", "--outdir", self.package)
        (wheel,) = self.package.glob("*.whl")
        return wheel

    def prepare_venv(self):
        """Creates a venv with the pinned dependencies; it is kept until a pin changes."""
        pins = self.sources / "requirements.txt"
        stamp = self.work / "venv" / ".pins"
        if stamp.is_file() and stamp.read_text() == pins.read_text():
            return
        venv.create(self.work / "venv", clear=True, with_pip=True)
        self.pip("--require-hashes", "--only-binary=:all:", "--requirement", pins)
        stamp.write_text(pins.read_text())

    def pip(self, *arguments):
        self.run(
            self.python, "-m", "pip", "--disable-pip-version-check", "install", *arguments
        )  # fmt: skip

    def install(self):
        (wheel,) = self.package.glob("*.whl")
        self.pip("--no-index", "--no-deps", "--force-reinstall", wheel)
        self.run(self.python, "-m", "pip", "--disable-pip-version-check", "check")
        python = str(self.python)
        return [python, "runner.py"], [python, "snippet.py"]


class Rust(Sdk):
    programs = ("cargo",)
    fence = "rust,no_run"
    snippet = "src/bin/snippet.rs"

    def __init__(self, language):
        super().__init__(language)
        # Builds of the consumer are kept, separate from those of the service.
        self.environment["CARGO_TARGET_DIR"] = str(self.work / "target")

    def generate(self):
        super().generate()
        for model in (self.generated / "src" / "models").glob("*.rs"):
            text = model.read_text("utf-8")
            if "#[derive(Clone, Copy, " in text:
                model.write_text(open_enum(text), "utf-8")

    def pack(self):
        self.run("rustfmt", "--edition", "2021", "src/lib.rs")
        # Not compiled here: the consumer compiles it with its pinned dependencies.
        self.run("cargo", "package", "--no-verify", "--allow-dirty", "--exclude-lockfile", "--quiet")
        name = f"order-processing-sdk-{self.version}.crate"
        shutil.copy(self.work / "target" / "package" / name, self.package)
        return self.package / name

    def install(self):
        (crate,) = self.package.glob("*.crate")
        shutil.unpack_archive(crate, self.consumer, "gztar")
        unpacked = (self.consumer / crate.stem).rename(self.consumer / "order-processing-sdk")
        # Files in a crate all have the same old time: cargo would not notice that they have changed.
        for source in unpacked.rglob("*.rs"):
            source.touch()
        self.run("cargo", "build", "--bins", cwd=self.consumer)
        programs = self.work / "target" / "debug"
        return [str(programs / "runner")], [str(programs / "snippet")]


class Go(Sdk):
    programs = ("go",)
    fence = "go"
    snippet = "snippet/main.go"

    @property
    def module(self):
        """The module path; from version 2, Go requires the major version in it."""
        major = int(self.version.split(".")[0])
        return "example.com/order-processing-sdk" + (f"/v{major}" if major > 1 else "")

    def __init__(self, language):
        super().__init__(language)
        self.cache = self.work / "modules"
        self.environment |= {
            "GOPROXY": self.package.as_uri(),
            "GOSUMDB": "off",
            "GOTOOLCHAIN": "local",
            "GOMODCACHE": str(self.cache),
            # Otherwise the cache would be read-only and could not be removed.
            "GOFLAGS": "-modcacherw -mod=mod",
        }

    def pack(self):
        """Writes a file-based module proxy, as described in `go help goproxy`."""
        self.run("go", "mod", "edit", "-module", self.module)
        self.run("gofmt", "-w", ".")
        self.run("go", "vet", ".")
        version = f"v{self.version}"
        folder = self.package / self.module / "@v"
        folder.mkdir(parents=True)
        (folder / "list").write_text(f"{version}\n")
        (folder / f"{version}.info").write_text(json.dumps({"Version": version}))
        shutil.copy(self.generated / "go.mod", folder / f"{version}.mod")
        archive = folder / f"{version}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
            for path in sorted(self.generated.iterdir()):
                if path.is_file():
                    files.write(path, f"{self.module}@{version}/{path.name}")
        return archive

    def install(self):
        # It may hold an earlier build of the same version.
        shutil.rmtree(self.cache, ignore_errors=True)
        self.run("go", "get", f"{self.module}@v{self.version}", cwd=self.consumer)
        self.run("go", "vet", "./...", cwd=self.consumer)
        self.run("go", "build", "-o", "runner", ".", cwd=self.consumer)
        self.run("go", "build", "-o", "snippet/snippet", "./snippet", cwd=self.consumer)
        return [str(self.consumer / "runner")], [str(self.consumer / "snippet" / "snippet")]


class Java(Sdk):
    programs = ("mvn", "javac")
    fence = "java"
    snippet = "src/main/java/Snippet.java"

    def __init__(self, language):
        super().__init__(language)
        # The Java in .tools/ cannot compile.
        self.home = Path(shutil.which("javac") or "").resolve().parent.parent
        self.environment["JAVA_HOME"] = str(self.home)

    def mvn(self, *goals, cwd=None):
        # A separate repository: the package does not go into the user's own.
        repository = f"-Dmaven.repo.local={self.work / 'repository'}"
        self.run("mvn", "-B", "-q", repository, *goals, cwd=cwd)

    def pack(self):
        self.mvn("install")
        name = f"order-processing-sdk-{self.version}"
        shutil.copy(self.generated / "pom.xml", self.package / f"{name}.pom")
        shutil.copy(self.generated / "target" / f"{name}.jar", self.package)
        return self.package / f"{name}.jar"

    def install(self):
        self.mvn(
            f"-Dsdk.version={self.version}",
            "compile", "dependency:copy-dependencies", "-DoutputDirectory=libraries",
            cwd=self.consumer,
        )  # fmt: skip
        java = [str(self.home / "bin" / "java"), "-cp", f"target/classes{os.pathsep}libraries/*"]
        return [*java, "Runner"], [*java, "Snippet"]


LANGUAGES = {
    "typescript": TypeScript,
    "python": Python,
    "rust": Rust,
    "go": Go,
    "java": Java,
}


def without_limits(node):
    """Returns a copy of the contract without limits on the size or length of values."""
    match node:
        case dict():
            return {
                name: without_limits(value)
                for name, value in node.items()
                # An object here is a property that happens to have such a name.
                if name not in LIMITS or isinstance(value, dict)
            }
        case list():
            return list(map(without_limits, node))
        case _:
            return node


def open_enum(text):
    """Adds a variant to a generated Rust enum that holds the values of later contracts.

    Not a template: the generator has a single one for all models, and a copy of it would be 250 lines.
    """
    for old, new in (
        ("#[derive(Clone, Copy, ", "#[derive(Clone, "),
        (
            "\n}\n\nimpl std::fmt::Display for",
            "    /// A value that this SDK does not know.\n"
            "    #[serde(untagged)]\n"
            "    Unrecognized(String),\n"
            "}\n\nimpl std::fmt::Display for",
        ),
        (
            "        match self {\n",
            "        match self {\n            Self::Unrecognized(value) => f.write_str(value),\n",
        ),
    ):
        if text.count(old) != 1:
            sys.exit(f"error: the generator's Rust enums have changed, {old!r} is not in\n{text}")
        text = text.replace(old, new)
    return text


def exact_times(text):
    """Sends times in a query as RFC 3339 requires, with a colon in the offset: Python's `%z` has none.

    Not a template: the generator has a single one for all operations, and a copy of it would be 480 lines.
    """
    formatted = r"\.strftime\(\s*self\.api_client\.configuration\.datetime_format\s*\)"
    text = re.sub(formatted, ".isoformat()", text)
    if "datetime_format" in text:
        sys.exit("error: the generator's Python code for times in a query has changed")
    return text


def readme_snippets(readme, fence):
    """The code blocks in the language: first the program, then parts of the conformance tests."""
    found = re.findall(rf"^```{fence.split(',')[0]}\b.*\n((?s:.*?))^```$", readme.read_text("utf-8"), re.M)
    return found or sys.exit(f"error: {readme} has no code block for {fence}")


if __name__ == "__main__":
    main()
