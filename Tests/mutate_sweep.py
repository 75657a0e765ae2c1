"""Faults that are no damage: `./run mutate --sweep`.

Every command over small files, with outputs that exist and are to be replaced, and with none:

    calls    each use of a system call in turn fails (strace --inject), for each errno
    signals  SIGTERM, SIGINT and SIGKILL at each call that publishes, and at random moments
    limits   ulimit -v, -n, -f, -s, and -u as a user without privileges

A run is good if it ends by itself with a documented code, each output is what it was or what it is
to be, exit 0 means that all are new and standard output is complete, and no other file is left.
Exit 127 is the dynamic loader's, before the tool begins. Where --version dies of the same fault or
limit, it is one that no process of Swift survives: counted, not judged. brk is left out: malloc of
glibc 2.36 dies by a signal where it fails once.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import functools
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from mutate_running import CONTROL, DOCUMENTED, ROOT, TOOLS, untimed

OLD = b"precious"
ERRORS = {
    "openat": ("EMFILE", "EACCES", "EIO"), "read": ("EIO", "EINTR"), "pread64": ("EIO", "EINTR"),
    "mmap": ("ENOMEM",), "mprotect": ("ENOMEM",), "madvise": ("EINVAL",),
    "write": ("ENOSPC", "EIO", "EINTR"), "pwrite64": ("ENOSPC", "EIO", "EINTR"),
    "writev": ("ENOSPC", "EINTR"), "fsync": ("EIO",), "fdatasync": ("EIO",), "rename": ("EIO",),
    "renameat": ("EIO",), "renameat2": ("EIO", "EINVAL"), "linkat": ("EIO", "EEXIST"),
    "link": ("EIO",), "unlink": ("EIO",), "unlinkat": ("EIO",), "ftruncate": ("EIO", "EINTR"),
    "fallocate": ("ENOSPC", "EINTR", "EOPNOTSUPP"), "close": ("EIO", "EINTR"),
    "fstat": ("EIO",), "newfstatat": ("EACCES",), "statx": ("EIO",), "mkdir": ("EACCES",),
    "fchmod": ("EPERM",), "fcntl": ("EINVAL",), "getdents64": ("EIO",), "lseek": ("EINVAL",),
    "clone3": ("EAGAIN",), "clone": ("EAGAIN",), "getrandom": ("EINTR",),
    "sched_getaffinity": ("EINVAL",), "copy_file_range": ("EIO",), "flock": ("EWOULDBLOCK",)}
PUBLISHING = ("rename", "renameat", "renameat2", "linkat", "link", "unlink", "unlinkat", "fsync")
WRITING = {"openat", "write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate", "fallocate",
           "close", "mkdir", "fchmod", *PUBLISHING}
LIMITS = {
    "v": (resource.RLIMIT_AS, [mb << 20 for mb in (
        32, 48, 64, 80, 96, 112, 120, 128, 136, 144, 152, 160, 176, 192, 224, 256, 320, 512)]),
    "n": (resource.RLIMIT_NOFILE, list(range(0, 17))),
    "f": (resource.RLIMIT_FSIZE, [0, 1, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]),
    "s": (resource.RLIMIT_STACK, [kb << 10 for kb in (16, 32, 64, 128, 256, 512, 1024, 4096)]),
    "u": (resource.RLIMIT_NPROC, [0, 1, 2, 4])}


@dataclasses.dataclass(frozen=True)
class Command:
    """A tool, its arguments; OUT in them is the folder of the outputs."""

    name: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...] = ()

    @property
    def tool(self) -> str:
        return self.arguments[0]


def commands(folder: Path) -> list[Command]:
    """The commands, with the files they need made in `folder`."""
    fixtures = ROOT / "fixtures"
    keras = fixtures / "keras/operators/unit.keras"
    h5 = Path(shutil.copy(keras.with_suffix(".h5"), folder))  # a receipt looks for it beside
    caffe = tuple(str(fixtures / f"layers/batchnorm-eps.{kind}")
                  for kind in ("prototxt", "caffemodel"))
    native, onnx, receipt = folder / "net.resnet", folder / "net.onnx", folder / "receipt.json"
    for made in ((h5, "-o", native, "--receipt", receipt), (native, "-o", onnx)):
        subprocess.run([TOOLS / "resnet-convert", *made], check=True, capture_output=True)
    converting = [
        ("h5 to native, receipt", (h5, "--receipt", "OUT/r.json"), ("net.resnet", "r.json")),
        ("keras to native", (keras,), ("net.resnet",)), ("caffe to native", caffe, ("net.resnet",)),
        ("onnx to native", (onnx,), ("net.resnet",)),
        ("native to keras", (native,), ("net.keras",)),
        ("native to h5", (native,), ("net.h5",)), ("native to onnx", (native,), ("net.onnx",)),
        ("native to weights", (native,), ("net.weights.h5", "net.json")),
        ("native to caffe", (native,), ("net.prototxt", "net.caffemodel"))]
    found = []
    for name, arguments, outputs in converting:
        options = []
        for output in outputs:
            if output != "r.json":
                options += ["-o", f"OUT/{output}"]
        found.append(Command(name, ("resnet-convert", *map(str, arguments), *options), outputs))
    found += [
        Command(f"inspect {path.suffix[1:]}", ("resnet-inspect", str(path)))
        for path in (h5, keras, native, onnx)]
    inputs = fixtures / "keras/operators/unit.npz"
    found += [
        Command("verify two", ("resnet-verify", str(h5), str(native))),
        Command("verify fixture", ("resnet-verify", str(native), "--fixture", str(inputs))),
        Command("verify receipt", ("resnet-verify", "receipt", str(receipt)))]
    return found


@dataclasses.dataclass
class Run:
    code: int
    output: bytes
    errors: str
    files: dict[str, bytes]
    log: str = ""


class Bench:
    """Runs one command again and again, each time in an empty folder."""

    def __init__(self, command: Command, scratch: Path):
        self.command = command
        self.scratch = Path(tempfile.mkdtemp(dir=scratch))
        self.scratch.chmod(0o755)
        self.new = self.run([], False)
        if self.new.code != 0 or set(self.new.files) != set(command.outputs):
            raise SystemExit(f"mutate: {command.name}: exit {self.new.code}: {self.new.errors}"
                             f"{sorted(self.new.files)}")

    def run(self, prefix: list[str], replaces: bool, begin=None, kill=None) -> Run:
        """Runs it behind `prefix`; `begin` is called in the child, `kill` is signal and time."""
        folder, log = self.scratch / "out", self.scratch / "log"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        folder.chmod(0o777)
        if replaces:
            for name in self.command.outputs:
                (folder / name).write_bytes(OLD)
                (folder / name).chmod(0o666)
        arguments = [part.replace("OUT", str(folder)) for part in self.command.arguments]
        arguments[0] = str(TOOLS / arguments[0])
        if replaces and self.command.outputs:
            arguments.append("--force")
        prefix = [part.replace("LOG", str(log)) for part in prefix]
        process = subprocess.Popen(
            prefix + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=begin,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no", "LC_ALL": "C.UTF-8"})
        if kill:
            time.sleep(kill[1])
            process.send_signal(kill[0])
        try:
            output, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            errors += b"\nstill running after 120 s"
        return Run(process.returncode, untimed(output.replace(bytes(folder), b"OUT")),
                   errors.decode("utf-8", "replace"),
                   {path.name: path.read_bytes() for path in folder.iterdir()},
                   log.read_text() if log.exists() else "")

    def is_fatal(self, call: str, error: str, index: int) -> bool:
        """Whether a fault kills even `--version`."""
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
             f"inject={call}:error={error}:when={index}", TOOLS / self.command.tool, "--version"],
            capture_output=True, env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
        return done.returncode < 0 or done.returncode > 128

    def states(self, run: Run, replaces: bool) -> list[str]:
        """What each output is: old, new, or torn."""
        found = []
        for name in self.command.outputs:
            there = run.files.get(name)
            found.append("new" if there == self.new.files[name] else
                         "old" if there == (OLD if replaces else None) else "torn")
        return found

    def judge(self, run: Run, replaces: bool, hides_words: bool = False,
              signals: tuple[int, ...] = ()) -> str:
        """What is wrong, or nothing."""
        states = self.states(run, replaces)
        extra = sorted(set(run.files) - set(self.command.outputs))
        if "still running" in run.errors:
            return "hang"
        if run.code < 0 and -run.code not in signals:
            return f"death: signal {-run.code}"
        if run.code > 0 and run.code not in DOCUMENTED | {127, *(128 + each for each in signals)}:
            return f"death: exit {run.code}"
        if run.code == 70:
            return "death: exit 70"
        if "torn" in states:
            return f"torn: {states} after exit {run.code}"
        if extra and run.code != -signal.SIGKILL:
            return f"left: {extra} after exit {run.code}"
        if run.code == 0 and "old" in states:
            return f"silent: exit 0, {states}"
        if run.code == 0 and run.output != self.new.output and not self.command.outputs:
            return "silent: exit 0, standard output is not complete"
        if run.code not in (0, -signal.SIGKILL) and len(set(states)) > 1:
            return f"partial: {states} after exit {run.code}: {run.errors.strip()[-150:]!r}"
        words = [line for line in run.errors.splitlines() if line and not line.startswith("note: ")]
        if run.code in DOCUMENTED - {0, 1} and not hides_words and (
                len(words) != 1 or CONTROL.search(words[0])):
            return f"words: {len(words)} lines: {run.errors.strip()[-200:]!r}"
        return ""


def calls(command: Command, scratch: Path) -> list[tuple[str, str, str]]:
    """Fails each use of each call in turn."""
    bench, rows = Bench(command, scratch), []
    traced = bench.run(["strace", "-f", "-qq", "-o", "LOG"], False).log
    used = {line.split(None, 1)[1].split("(")[0] for line in traced.splitlines() if "(" in line}
    for call, errors in ERRORS.items():
        if call not in used:
            continue
        for error in errors:
            for replaces in ((True, False) if call in WRITING and command.outputs else (False,)):
                for index in range(1, 2000):
                    run = bench.run(
                        ["strace", "-f", "-qq", "-o", "LOG", "-e", f"trace={call}", "-e",
                         f"inject={call}:error={error}:when={index}"], replaces)
                    if "(INJECTED)" not in run.log:
                        break
                    wrong = bench.judge(run, replaces, hides_words=call in ("write", "writev"))
                    if run.code == 127 or wrong.startswith("death") and bench.is_fatal(
                            call, error, index):
                        rows.append((f"{call} {error}", "before the tool begins", ""))
                        continue
                    struck = next(line for line in run.log.splitlines() if "INJECTED" in line)
                    if wrong.startswith("left") and call in PUBLISHING:
                        wrong = f"left: what could not be removed: {wrong}"
                    rows.append((f"{call} {error}", f"exit {run.code}", wrong and (
                        f"{command.name}: {call} {error} {index}"
                        f"{' replacing' if replaces else ''}: {wrong}: {struck[:120]}")))
    return rows


def signals(command: Command, scratch: Path, count: int, seed: int) -> list[tuple[str, str, str]]:
    """Signals at each call that publishes, and at random moments."""
    if not command.outputs:
        return []
    bench, rows = Bench(command, scratch), []
    draw = random.Random(f"{seed}/{command.name}")

    def row(kind: str, number: int, run: Run, replaces: bool, where: str) -> None:
        wrong = bench.judge(run, replaces, signals=(number,))
        state = "/".join(sorted(set(bench.states(run, replaces))))
        name = signal.Signals(number).name
        rows.append((f"{name} {kind}", f"exit {run.code}, {state}",
                     wrong and f"{command.name}: {name} {where}: {wrong}"))

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        for replaces in (True, False):
            for call in PUBLISHING:
                for index in range(1, 100):
                    run = bench.run(
                        ["strace", "-f", "-qq", "-o", "LOG", "-e", f"trace={call}", "-e",
                         f"inject={call}:signal={signal.Signals(number).name}:when={index}"],
                        replaces)
                    if sum(call + "(" in line for line in run.log.splitlines()) < index:
                        break
                    row("at calls", number, run, replaces, f"at {call} {index}")
        begun = time.monotonic()
        bench.run([], True)
        usual = time.monotonic() - begun
        for index in range(count):
            moment = draw.uniform(0, usual)
            run = bench.run([], index % 2 == 0, kill=(number, moment))
            row("at random", number, run, index % 2 == 0, f"after {moment:.4f} s")
    return rows


def limits(command: Command, scratch: Path) -> list[tuple[str, str, str]]:
    """Narrow resources."""
    bench, rows = Bench(command, scratch), []
    for letter, (kind, values) in LIMITS.items():
        if letter == "u" and os.getuid() == 0 and not shutil.which("setpriv"):
            continue
        for value in values:
            def begin(kind=kind, value=value, letter=letter) -> None:
                if letter == "u" and os.getuid() == 0:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                resource.setrlimit(kind, (value, value))
            try:
                run = bench.run([], True, begin)
            except (OSError, subprocess.SubprocessError):
                rows.append((f"ulimit -{letter}", "not started", ""))
                continue
            wrong = bench.judge(run, True, hides_words=letter == "f")
            if wrong.startswith("death") or run.code == 127:
                alone = subprocess.run(
                    [TOOLS / command.tool, "--version"], capture_output=True, preexec_fn=begin)
                if alone.returncode != 0:
                    rows.append((f"ulimit -{letter}", "below what a process needs", ""))
                    continue
            rows.append((f"ulimit -{letter}", f"exit {run.code}", wrong and (
                f"{command.name}: ulimit -{letter} {value}: {wrong}: "
                f"{run.errors.strip()[-150:]!r}")))
    return rows


def work(job: tuple[str, Command], scratch: Path, count: int, seed: int) -> list:
    name, command = job
    if name == "calls":
        return calls(command, scratch)
    if name == "limits":
        return limits(command, scratch)
    return signals(command, scratch, count, seed)


def main(options: argparse.Namespace, scratch: Path, findings: Path) -> int:
    scratch.chmod(0o755)
    made = scratch / "files"
    made.mkdir()
    known = commands(made)
    jobs = [(name, command) for name in ("limits", "signals", "calls") for command in known
            if options.only_sweep in (None, name) and (options.command or "") in command.name]
    if not shutil.which("strace"):
        print("no strace: neither failing calls nor signals at calls")
        jobs = [job for job in jobs if job[0] == "limits"]
    counts: collections.Counter = collections.Counter()
    totals: collections.Counter = collections.Counter()
    wrong = collections.Counter()
    started = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        task = functools.partial(
            work, scratch=scratch, count=options.count or 20, seed=options.seed)
        for (name, command), rows in zip(jobs, pool.map(task, jobs)):
            print(f"{name}: {command.name}: {len(rows)} runs, "
                  f"{sum(bool(row[2]) for row in rows)} wrong", flush=True)
            for kind, outcome, text in rows:
                counts[kind, outcome] += 1
                totals[name] += 1
                if text:
                    wrong[text.split(": ")[2].split(":")[0]] += 1
                    print(f"  {text}", flush=True)
    for (kind, outcome), count in sorted(counts.items()):
        print(f"  {count:6}  {kind:22} {outcome}")
    print(", ".join(f"{name} {count}" for name, count in totals.items()),
          f"in {time.monotonic() - started:.0f} s")
    print("; ".join(f"{kind} {wrong[kind]}" for kind in (
        "death", "hang", "torn", "silent", "partial", "left", "words")))
    return 1 if wrong else 0
