"""What nine versions of Keras write, read by us, and what we write, opened by them:
`./run interop keras-versions`.

    interop_keras_versions.py [--only VERSION]... [--executor oracle|fast] [MODEL...]

Each version has a private environment beside the sources, .venv-keras-VERSION, which is made once
and kept. It makes the networks of keras_versions_worker with seeded weights and saves each as .h5,
.keras and .weights.h5 (with its .json). All three are converted, run by our float64 oracle, and
compared with what that Keras predicts; what we write of them must open in that Keras, with the same
bits of weights and the same prediction. An error is the largest difference divided by the largest
magnitude. RESNET_TOOLKIT_BIN names the folder of the tools, if it is not .build/release.

A version that cannot write a model, or not open again what it wrote, is no witness of that form: the
table says so, and our tools may refuse the file, but not compute other numbers.

Exit codes: 0 all bounds hold, 1 one is missed, 66 no tools, 69 a version finds no Python to run in.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "Tests" / "keras_versions_worker.py"
TOOLS = Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build" / "release"))
WORK = ROOT / ".build" / "keras-versions"

FORMS = ("h5", "keras", "weights.h5")
READ_BOUND = 5e-6  # the oracle beside sums in float32; fifty layers of random weights
WRITTEN_BOUND = 1e-6  # the same layers by the same Keras
WIDTH = 22


@dataclass(frozen=True)
class Version:
    """A version of Keras, what it is installed with, and the Pythons that it runs on."""
    name: str
    packages: tuple[str, ...]
    pythons: range  # minor versions of Python 3
    # What none of our files can be, by form: README says why.
    unopened: tuple[str, ...] = ()
    is_newest: bool = False

    @property
    def folder(self) -> Path:
        return ROOT / f".venv-keras-{self.name}"


def second(name: str, tensorflow: str, pythons: range, unopened: tuple[str, ...]) -> Version:
    return Version(name, (f"tensorflow-cpu=={tensorflow}", "numpy<2", "h5py"), pythons, unopened)


def third(name: str, keras: str) -> Version:
    return Version(
        name, (f"keras=={keras}", "tensorflow-cpu==2.16.2", "numpy<2", "h5py"), range(9, 13))


VERSIONS = (
    second("2.12", "2.12.1", range(8, 12), ("keras", "weights.h5")),
    second("2.13", "2.13.1", range(8, 12), ("keras", "weights.h5")),
    second("2.14", "2.14.1", range(9, 12), ("keras", "weights.h5")),
    second("2.15", "2.15.1", range(9, 12), ()),
    third("3.0", "3.0.5"), third("3.3", "3.3.3"), third("3.5", "3.5.0"), third("3.8", "3.8.0"),
    Version("newest", ("keras", "tensorflow-cpu", "h5py"), range(11, 14), is_newest=True),
)


class Unavailable(Exception):
    """Why a version cannot be asked."""


# --- Environments


def python_for(version: Version) -> str:
    """A Python that the version runs on and that can make environments; the newest there is."""
    for minor in reversed(version.pythons):
        for name in (f"python3.{minor}", sys.executable, "python3", f"/usr/bin/python3.{minor}"):
            path = shutil.which(name)
            question = "import sys, ensurepip, venv; print(sys.version_info[1])"
            if path and output_of(path, "-c", question) == str(minor):
                return path
    first, last = version.pythons[0], version.pythons[-1]
    raise Unavailable(f"no Python 3.{first} to 3.{last} with venv: install python3.{last}-venv")


def output_of(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def environment(version: Version) -> Path:
    """The Python of the version's environment, which is made where it is missing or another."""
    python, mark = version.folder / "bin" / "python", version.folder / "packages.txt"
    wanted = "\n".join(version.packages)
    if mark.exists() and mark.read_text() == wanted and not version.is_newest:
        return python
    if not python.exists():
        base = python_for(version)
        print(f"making {version.folder.name}", flush=True)
        done = subprocess.run([base, "-m", "venv", version.folder], capture_output=True, text=True)
        if done.returncode != 0:
            shutil.rmtree(version.folder, ignore_errors=True)
            raise Unavailable(f"no environment: {done.stderr.strip() or done.stdout.strip()}")
    upgrade = ["--upgrade"] if version.is_newest else []
    done = subprocess.run([python, "-m", "pip", "install", "-q", *upgrade, *version.packages],
                          capture_output=True, text=True)
    # Without a network the newest that is there is new enough.
    if done.returncode != 0 and not (version.is_newest and mark.exists()):
        raise Unavailable(f"pip: {(done.stderr.strip() or 'failed').splitlines()[-1]}")
    mark.write_text(wanted)
    return python


# --- One version


@dataclass
class Cell:
    """What is known of one model in one form."""
    read: float | str | None = None
    written: float | str | None = None
    is_equal: bool = True  # the bits of the weights
    witness: str | None = None  # why the version is none for this form
    refusal: str | None = None

    def faults(self, form: str, version: Version) -> list[str]:
        faults = []
        if self.refusal and self.witness is None:
            faults.append(f"refused: {self.refusal}")
        if isinstance(self.read, float) and not self.read <= READ_BOUND:
            faults.append(f"read with an error of {self.read:.1e}")
        if form in version.unopened:
            if not isinstance(self.written, str | None):
                faults.append("opens, which was not expected")
        elif isinstance(self.written, str):
            faults.append(f"does not open: {self.written}")
        elif self.written is not None and not self.written <= WRITTEN_BOUND:
            faults.append(f"written with an error of {self.written:.1e}")
        elif not self.is_equal:
            faults.append("written with other weights")
        return faults

    def text(self, form: str, version: Version) -> str:
        def number(value: float | str | None, other: str) -> str:
            return f"{value:.0e}" if isinstance(value, float) else other
        read = number(self.read, "-" if self.witness else "REFUSED")
        absent = "-" if self.written is None or form in version.unopened else "FAILS"
        return f"{read}/{number(self.written, absent)}{'' if self.is_equal else '!'}"


@dataclass
class Run:
    version: Version
    python: Path
    executor: str = "oracle"
    keras: str = ""
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return WORK / self.version.name

    def ask(self, command: str, *names: str) -> list[dict]:
        """The worker's answers."""
        done = subprocess.run([self.python, WORKER, command, self.folder, *names],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable(f"the worker fails: {done.stderr.strip().splitlines()[-1]}")
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        self.keras = answers[0]["version"]
        return answers[1:]

    def models(self) -> list[str]:
        return self.ask("list")[0]["models"]

    def check(self, names: list[str]) -> None:
        """All models at once: to start TensorFlow takes longer than most of them."""
        self.cells = {(name, form): Cell() for name in names for form in FORMS}
        for answer in self.ask("make", *names):
            name, form = answer["model"], answer["form"]
            verb = "write" if answer["way"] == "made" else "open"
            self.cells[name, form].witness = f"Keras cannot {verb} it: {answer['fault']}"
            if form == "keras":  # nothing opens weights alone where the archive fails
                self.cells[name, "weights.h5"].witness = self.cells[name, form].witness
        for name in names:
            natives = [native for form in FORMS if (native := self.read(name, form))]
            if natives:
                self.write(natives[0], name)
        for answer in self.ask("check", *names):
            cell = self.cells[answer["model"], answer["form"]]
            setattr(cell, answer["way"], answer.get("fault") or answer["error"])
            cell.is_equal &= answer.get("bits", True)

    def read(self, name: str, form: str) -> Path | None:
        """Converts a file of Keras and runs it; the converted model."""
        files = [self.folder / f"{name}.{form}"]
        files += [self.folder / f"{name}.json"] if form == "weights.h5" else []
        native = self.folder / f"{name}.{form}.resnet"
        if not files[0].exists():
            return None
        refusal = tool("resnet-convert", *files, "-o", native, "--force") or tool(
            "resnet-verify", "run", native, "--input", self.folder / f"{name}.input.npz", "-o",
            self.folder / f"{name}.{form}.values.npz", "--executor", self.executor, "--force")
        self.cells[name, form].refusal = refusal
        return None if refusal else native

    def write(self, native: Path, name: str) -> None:
        for form in FORMS:
            written = self.folder / f"{name}.written.{form}"
            refusal = tool("resnet-convert", native, "-o", written, "--force")
            self.cells[name, form].refusal = self.cells[name, form].refusal or refusal


def tool(name: str, *arguments: object) -> str | None:
    """What the tool says when it fails."""
    done = subprocess.run([TOOLS / name, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode == 0:
        return None
    return f"{done.stderr.strip().splitlines()[-1] if done.stderr else name}; exit {done.returncode}"


def check(version: Version, names: list[str], executor: str) -> int:
    """The lines of one version; how many bounds were missed."""
    run = Run(version, environment(version), executor)
    shutil.rmtree(run.folder, ignore_errors=True)
    run.folder.mkdir(parents=True)
    missed = 0
    names = names or run.models()
    run.check(names)
    for name in names:
        cells = [run.cells[name, form] for form in FORMS]
        faults = [f"{form}: {fault}" for form, cell in zip(FORMS, cells)
                  for fault in cell.faults(form, version)]
        missed += len(faults)
        columns = " ".join(f"{cell.text(form, version):>13}" for form, cell in zip(FORMS, cells))
        print(f"{run.keras:8} {name:{WIDTH}} {columns}  {'MISSED' if faults else 'good'}", flush=True)
        for fault in faults:
            print(f"         {fault}", flush=True)
        for reason in sorted({f"{cell.witness[:100]}" for cell in cells if cell.witness}):
            print(f"         {reason}", flush=True)
    shutil.rmtree(run.folder)
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="VERSION",
                        choices=[version.name for version in VERSIONS],
                        help="one version; repeatable")
    parser.add_argument("--executor", choices=("oracle", "fast"), default="oracle",
                        help="what runs the files that are read; fast is in float32")
    parser.add_argument("models", nargs="*", metavar="MODEL")
    arguments = parser.parse_args()
    if not (TOOLS / "resnet-convert").exists():
        print(f"no tools in {TOOLS}: swift build -c release makes them", file=sys.stderr)
        return 66
    versions = [v for v in VERSIONS if not arguments.only or v.name in arguments.only]
    print(f"errors: of files read / of files written; bounds {READ_BOUND} and {WRITTEN_BOUND}; "
          f"-: none\n{'Keras':8} {'model':{WIDTH}} " + " ".join(f"{form:>13}" for form in FORMS))
    missed = absent = 0
    for version in versions:
        try:
            missed += check(version, arguments.models, arguments.executor)
        except Unavailable as reason:
            absent += 1
            print(f"{version.name:8} NOT TRIED: {reason}", flush=True)
    print(f"{len(versions) - absent} versions of Keras, {missed} bounds missed"
          + (f"; {absent} versions not tried" if absent else ""))
    return 1 if missed else 69 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
