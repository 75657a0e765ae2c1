"""Damages real model files and runs the built tools over them: `./run mutate`.

    ./run mutate [--count 1000] [--seed 1] [--jobs 2]     random damage of all formats
    ./run mutate --only NUMBER --seed S                   one mutant again, with what the tool says
    ./run mutate --aimed [FILE ...]                       each bit of the structure of HDF5 files
    ./run mutate --sweep                                  failing system calls, signals, limits

Each mutant is drawn from seed and number alone. It is converted to the native format; some are also
inspected, and some verified against the model that was not damaged. A mutant is refused with a
documented exit code and one line, or it is the same model, or another: then the table says what
kind of bytes was hit (raw weights, JSON, a definition, names, structure) and what differs.
Findings, for which the exit code is 1, are

    death     a signal, exit 70, or a code that no help text names
    hang      more than 2 s of processor time
    memory    a peak above 10 times the files and 64 MB; exit 75 with 4 GB of address space;
              resnet-verify, which runs the model, may take twice what it takes undamaged
    words     a refusal that is not one printable line
    torn      an output beside a refusal, or files left over
    silent    another model although structure was hit, or bytes that belong to nobody

RESNET_TOOLKIT_DATA adds its files to those of fixtures/, RESNET_TOOLKIT_BIN names the folder of the
tools. Exit codes: 0 nothing found, 1 something, 2 the command line is wrong, 66 no tools.
"""

import argparse
import collections
import concurrent.futures
import functools
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import mutations
from mutate_running import (
    MEMORY_CONSTANT, TOOLS, Model, Runner, complaint, limit_this_process, untimed)
from mutations import SHARES, Damage, Subject

# Bytes that a format cannot protect, and what may differ if they do.
LEGAL = {
    "weights": {"weights"},
    "json": {"graph", "parameters", "shapes", "names", "weights", "rest"},
    "definition": {"graph", "parameters", "shapes", "names", "weights", "rest"},
    "wire": {"graph", "parameters", "shapes", "names", "weights", "rest"},
    "names": {"names"},
    "attribute": {"rest"},
    "forged": {"graph", "parameters", "shapes", "names", "weights", "rest"},
    "values": {"agreement"},
}
WHY = {
    "weights": "raw numbers: every bit pattern is a weight",
    "json": "settings that are legal JSON of a legal model",
    "definition": "settings in a prototxt, a caffemodel or an ONNX file: no checksum in the format",
    "wire": "tags and lengths of protobuf: another field, or one that nobody knows",
    "names": "names of layers and tensors",
    "attribute": "other text",
    "forged": "structure with a checksum that was made right again: no accident",
    "values": "numbers of a fixture, whose checksum was made right again",
}


class Worker:
    """What one process has: a folder, base models."""

    def __init__(self, folder: Path):
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.run = Runner(self.folder)
        self.bases: dict[Subject, object] = {}

    def place(self, subject: Subject) -> list[Path]:
        """Copies of the subject's files."""
        inputs = self.folder / "in"
        shutil.rmtree(inputs, ignore_errors=True)
        inputs.mkdir()
        return [Path(shutil.copy(file, inputs / file.name)) for file in subject.files]

    def convert(self, subject: Subject, files: list[Path]):
        """Runs the main command; what it did, and what came out."""
        if subject.fixture is not None:
            models = [file for index, file in enumerate(files) if index != subject.fixture]
            ended = self.run("resnet-verify", *models, "--fixture", files[subject.fixture])
            printed = untimed(self.run.output.read_bytes())
            return ended, printed if ended.code in (0, 1) else None
        output = self.folder / "out" / "net.resnet"
        shutil.rmtree(output.parent, ignore_errors=True)
        output.parent.mkdir()
        ended = self.run("resnet-convert", *files, "-o", output)
        names = os.listdir(output.parent)
        if names == ["net.resnet"] and ended.code == 0:
            return ended, output.read_bytes()
        return ended, names or None

    def base(self, subject: Subject):
        """The model that was not damaged; nil if the tools refuse it."""
        if subject not in self.bases:
            ended, made = self.convert(subject, self.place(subject))
            self.bases[subject] = None
            if ended.code == 0 and subject.fixture is not None:
                self.bases[subject] = made
            elif ended.code == 0 and isinstance(made, bytes):
                self.bases[subject] = Model(made)
                (self.folder / f"base{len(self.bases)}.resnet").write_bytes(made)
        return self.bases[subject]

    def judge(self, subject: Subject, result: bytes, number: int) -> tuple[str, tuple, str, object]:
        """Runs the tools over a mutant: outcome, differences, finding, how the first run ended."""
        base = self.base(subject)
        position = list(self.bases).index(subject) + 1
        files = self.place(subject)
        files[subject.target].write_bytes(result)
        size = sum(file.stat().st_size for file in files)
        ended, made = self.convert(subject, files)
        tool = "resnet-convert" if subject.fixture is None else "resnet-verify"
        finding = complaint(ended, tool, size) or ""
        if subject.fixture is not None:
            if ended.code not in (0, 1):
                return f"refused {ended.code}", (), finding, ended
            differs = () if made == base else ("agreement",)
        elif ended.code != 0:
            if made and not finding:
                finding = f"torn: {made} after exit {ended.code}"
            finding = finding or self.others(files, size, number, ended)
            return f"refused {ended.code}", (), finding, ended
        elif not isinstance(made, bytes):
            return "accepted", (), f"torn: {made} after exit 0", ended
        else:
            try:
                differs = Model(made).differences(base)
            except (ValueError, KeyError, IndexError) as error:
                return "accepted", (), f"torn: {error!r}", ended
        if subject.fixture is None:
            other = self.folder / f"base{position}.resnet"
            finding = finding or self.others(files, size, number, ended, other)
        return ("other" if differs else "same"), differs, finding, ended

    def others(self, files: list[Path], size: int, number: int, first, base: Path | None = None
               ) -> str:
        """What the other tools make of it, one mutant in four each."""
        if number % 4 == 1:
            ended = self.run("resnet-inspect", *files)
            found = complaint(ended, "resnet-inspect", size)
            if found:
                return f"{found} (inspect)"
            if first.code == 0 and ended.code != 0:
                return f"unlike: convert exit {first.code}, inspect exit {ended.code}"
        elif number % 4 == 3:
            ended = self.run("resnet-verify", ",".join(map(str, files)), base or files[0])
            found = complaint(ended, "resnet-verify", size)
            # It runs the model: what that takes is measured where nothing is damaged.
            if found and found.startswith("memory") and base and ended.code != 75:
                usual = self.run("resnet-verify", base, base).memory
                found = found if ended.memory > 2 * usual + MEMORY_CONSTANT else None
            if found:
                return f"{found} (verify)"
        return ""


worker: Worker


def begin(folder: Path) -> None:
    global worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asked prints what there is
    limit_this_process()
    worker = Worker(folder)


def mutant(subjects: dict[str, list[Subject]], seed: int, number: int) -> tuple[Subject, Damage]:
    draw = random.Random(f"{seed}/{number}")
    formats = list(subjects)
    while True:
        format = draw.choices(formats, [SHARES[format] for format in formats])[0]
        subject = draw.choice(subjects[format])
        if worker.base(subject) is not None:  # not every file of the folders is to be converted
            break
    path = subject.files[subject.target]
    while True:
        damage = Damage(draw, format, path.name, path.read_bytes())
        if damage.result != damage.data:
            return subject, damage


def work(subjects: dict[str, list[Subject]], seed: int, findings: Path, numbers: range) -> list:
    """Judges some mutants: rows for the table, and the texts of findings."""
    rows = []
    for number in numbers:
        subject, damage = mutant(subjects, seed, number)
        outcome, differs, finding, ended = worker.judge(subject, damage.result, number)
        touched = ""
        if differs:
            met = damage.touched()
            legal = set().union(*(LEGAL.get(kind, set()) for kind in met))
            touched = next((kind for kind in LEGAL if kind in met and set(differs) <= LEGAL[kind]),
                           "+".join(sorted(met)))
            if not finding and not set(differs) <= legal:
                finding = f"silent: {touched} hit, {', '.join(differs)} differ"
        text = ""
        if finding:
            kept = findings / f"{seed}-{number}"
            kept.mkdir(parents=True, exist_ok=True)
            for index, file in enumerate(subject.files):
                if index == subject.target:
                    (kept / file.name).write_bytes(damage.result)
                else:
                    shutil.copy(file, kept / file.name)
            words = ended.message[-1][:200] if ended.message else ""
            text = f"{number}: {finding}: {subject.name}: {damage.said}: {words!a}"
        rows.append((subject.format, damage.way, outcome, touched, differs, finding, text,
                     ended.seconds, ended.memory))
    return rows


def campaign(options: argparse.Namespace, scratch: Path, findings: Path) -> int:
    with concurrent.futures.ProcessPoolExecutor(
            options.jobs, initializer=begin, initargs=(scratch,)) as pool:
        subjects = all_subjects(scratch)
        started = time.monotonic()
        numbers = range(options.first, options.first + (options.count or 1000))
        batches = [numbers[start:start + 25] for start in range(0, len(numbers), 25)]
        rows, done = [], 0
        try:
            for found in pool.map(
                    functools.partial(work, subjects, options.seed, findings), batches):
                rows += found
                for row in found:
                    if row[6]:
                        print(row[6], flush=True)
                if len(rows) // 1000 > done:
                    done = len(rows) // 1000
                    print(f"... {len(rows)} in {time.monotonic() - started:.0f} s", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            print("interrupted:")
    return report(rows, time.monotonic() - started, findings) if rows else 1


def all_subjects(scratch: Path) -> dict[str, list[Subject]]:
    """What there is of each format; native files are made first."""
    seeds = scratch / "native"
    seeds.mkdir()
    run = Runner(scratch)
    for name in ("keras/eras/keras3.15.keras", "keras/old/keras1.2-th.h5",
                 "onnx/small/gemm-opset6.onnx", "keras/packed/bfloat16.h5",
                 "keras/inferred/cifar.h5", "keras/layers/pooling.keras"):
        source = mutations.ROOT / "fixtures" / name
        if source.exists():
            run("resnet-convert", source, "-o", seeds / f"{source.stem}.resnet")
    digits = mutations.ROOT / "fixtures/digits/digits-resnet"
    made = seeds / "digits.resnet"
    run("resnet-convert", f"{digits}.prototxt", f"{digits}.caffemodel", "-o", made)
    if not made.exists():
        sys.exit(f"mutate: {TOOLS}: resnet-convert does not convert {digits}")
    subjects: dict[str, list[Subject]] = {}
    for subject in mutations.candidates(seeds):
        subjects.setdefault(subject.format, []).append(subject)
    print("; ".join(f"{name} {len(files)}" for name, files in subjects.items()), flush=True)
    return subjects


def table(title: str, rows: list[tuple]) -> None:
    print(title)
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(str(cell).rjust(width) if isinstance(cell, int) else
                               str(cell).ljust(width) for cell, width in zip(row, widths)))


def report(rows: list, seconds: float, findings: Path) -> int:
    """Prints the counts; the exit code."""
    outcomes = sorted({row[2] for row in rows})
    counts = collections.Counter((row[0], row[2]) for row in rows)
    formats = [format for format in SHARES if any(row[0] == format for row in rows)]
    table("by format:", [("", *outcomes)] + [
        (format, *(counts[format, outcome] for outcome in outcomes)) for format in formats])
    ways = collections.Counter((row[1], row[2]) for row in rows)
    table("by damage:", [("", *outcomes)] + [
        (way, *(ways[way, outcome] for outcome in outcomes))
        for way in sorted({row[1] for row in rows})])
    others = collections.Counter((row[3], ", ".join(row[4]), row[0]) for row in rows if row[4])
    if others:
        table("other models, by what was hit and what differs:", [
            (count, *key, WHY.get(key[0], "")) for key, count in sorted(others.items())])
    found = collections.Counter(row[5].split(":")[0] for row in rows if row[5])
    peak, slowest = max(row[8] for row in rows), max(row[7] for row in rows)
    print(f"{len(rows)} mutants in {seconds:.0f} s; largest peak {peak >> 20} MB, "
          f"longest {slowest:.2f} s of processor time")
    print("; ".join(f"{kind} {found[kind]}" for kind in (
        "death", "hang", "memory", "words", "torn", "unlike", "silent")))
    if found:
        print(f"the files: {findings}")
    return 1 if found else 0


def again(options: argparse.Namespace, scratch: Path, findings: Path) -> int:
    """One mutant, and what the tools say."""
    begin(scratch)
    subjects = all_subjects(scratch)
    subject, damage = mutant(subjects, options.seed, options.only)
    outcome, differs, finding, ended = worker.judge(subject, damage.result, options.only)
    print(f"{subject.name}: {damage.said}; hit: {', '.join(sorted(damage.touched()))}\n"
          f"{outcome} {differs} {finding}\n"
          f"{ended.seconds:.2f} s, {ended.memory >> 20} MB\n{ended.errors.strip()!a}")
    return 1 if finding else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./run mutate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, help="mutants (1000); with --aimed bits of each file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--only", type=int, help="number of a mutant to repeat")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--aimed", nargs="*", metavar="FILE", help="each bit of the structure")
    parser.add_argument("--whole", action="store_true", help="with --aimed: all fields")
    parser.add_argument("--verbose", action="store_true", help="with --aimed: each other model")
    parser.add_argument("--sweep", action="store_true", help="faults, signals, limits")
    parser.add_argument("--only-sweep", choices=("calls", "signals", "limits"))
    parser.add_argument("--command", help="with --sweep: only commands with this in their names")
    options = parser.parse_args()
    if not os.access(TOOLS / "resnet-convert", os.X_OK):
        print(f"mutate: {TOOLS}: no tools there; RESNET_TOOLKIT_BIN", file=sys.stderr)
        return 66
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    findings = Path(tempfile.mkdtemp(prefix="mutate-"))
    with tempfile.TemporaryDirectory(prefix="mutate-", dir=memory) as scratch:
        if options.sweep:
            import mutate_sweep
            return mutate_sweep.main(options, Path(scratch), findings)
        if options.aimed is not None:
            import mutate_aimed
            return mutate_aimed.main(options, Path(scratch), findings)
        if options.only is not None:
            return again(options, Path(scratch), findings)
        return campaign(options, Path(scratch), findings)


if __name__ == "__main__":
    sys.modules["mutate"] = sys.modules["__main__"]  # the other parts import it by its name
    sys.exit(main())
