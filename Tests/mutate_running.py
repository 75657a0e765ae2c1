"""One run of a tool in a limited process, and what two native files differ in.

RESNET_TOOLKIT_BIN names the folder of the tools, if it is not .build/release.
"""

import dataclasses
import json
import multiprocessing
import os
import re
import resource
import select
import signal
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build" / "release"))
# What the help of the tools says; 70, their own fault, is a finding all the same.
DOCUMENTED = {0, 1, 64, 65, 66, 69, 73, 74, 75, 77}
ADDRESS_SPACE = 4 << 30
# A process of Swift with the tool's own pages; what a file costs comes on top.
MEMORY_CONSTANT = 64 << 20
SECONDS = 2.0  # of processor time: a busy machine is no hang
PATIENCE = 60.0  # of waiting without it
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclasses.dataclass
class Ended:
    """How a process ended."""

    code: int  # negative: the signal
    seconds: float
    memory: int  # peak, bytes
    errors: str
    is_hang: bool = False

    @property
    def message(self) -> list[str]:
        """The lines on standard error that are no notes."""
        return [line for line in self.errors.split("\n") if line and not line.startswith("note: ")]


def untimed(output: bytes) -> bytes:
    """What a tool printed, without how long it took."""
    return re.sub(rb"(?m)^run: .*\n", b"", output)


def limit_this_process() -> None:
    """What the tools inherit."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def spent(pid: int) -> tuple[float, bool]:
    """Seconds of processor time so far, and whether somebody has stopped the process."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0, False
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"), words[0] == "T"


class Runner:
    """Runs tools; errors go through a file of its folder.

    The peak of a process begins with what the process that started it has: a child that was forked
    early, while this program was small, starts the tools.
    """

    def __init__(self, folder: Path):
        self.errors, self.output = folder / "stderr", folder / "stdout"
        self.environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no", "LC_ALL": "C.UTF-8"}
        self.pipe, theirs = multiprocessing.Pipe()
        if os.fork() == 0:
            self.pipe.close()
            try:
                while True:
                    theirs.send(self.measured(theirs.recv()))
            except (EOFError, OSError, KeyboardInterrupt):
                os._exit(0)
        theirs.close()

    def __call__(self, tool: str, *arguments: object) -> Ended:
        self.pipe.send([str(TOOLS / tool), *map(str, arguments)])
        code, seconds, memory, hang = self.pipe.recv()
        words = self.errors.read_bytes().decode("utf-8", "surrogateescape")
        return Ended(code, seconds, memory, words, hang)

    def measured(self, command: list[str]) -> tuple[int, float, int, bool]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        pid = os.posix_spawn(
            command[0], command, self.environment, file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.output), flags, 0o600),
                (os.POSIX_SPAWN_OPEN, 2, str(self.errors), flags, 0o600)])
        hang = self.wait(pid)
        _, status, usage = os.wait4(pid, 0)
        return (os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * 1024, hang)

    def wait(self, pid: int) -> bool:
        """Waits for the end; true if it had to be brought about."""
        descriptor = os.pidfd_open(pid)
        try:
            poller = select.poll()
            poller.register(descriptor, select.POLLIN)
            idle = 0.0
            while not poller.poll(500):
                seconds, is_stopped = spent(pid)
                idle += 0 if is_stopped else 0.5
                if seconds > SECONDS or idle > PATIENCE:
                    os.kill(pid, signal.SIGKILL)
                    return True
            return False
        finally:
            os.close(descriptor)


def complaint(ended: Ended, tool: str, size: int) -> str | None:
    """What breaks the promise in how a tool ended over files of `size` bytes, or nil."""
    if ended.is_hang:
        return f"hang: more than {SECONDS:g} s"
    if ended.code < 0:
        return f"death: signal {-ended.code}"
    if ended.code not in DOCUMENTED:
        return f"death: exit {ended.code}"
    if ended.memory > 10 * size + MEMORY_CONSTANT or ended.code == 75:
        return f"memory: {ended.memory >> 20} MB, exit {ended.code}"
    if ended.seconds > SECONDS:
        return f"hang: {ended.seconds:.1f} s"
    if ended.code > 1:
        lines = ended.message
        if len(lines) != 1:
            return f"words: {len(lines)} lines"
        if not lines[0].startswith(f"{tool}: ") or CONTROL.search(lines[0]):
            return "words: not the tool's, or with control characters"
        try:
            lines[0].encode()
        except UnicodeEncodeError:
            return "words: not UTF-8"
    return None


class Model:
    """What a native file says, without where it comes from."""

    def __init__(self, data: bytes):
        lengths = struct.unpack_from("<4Q", data, 16)
        header = json.loads(data[64:64 + lengths[1]])
        start = 64
        for length in (lengths[1], lengths[3], lengths[2]):
            start += (length + 63) // 64 * 64
        self.tensors = [(tensor["name"], tensor["type"], tensor["shape"],
                         data[start + tensor["offset"]:][:tensor["byteCount"]])
                        for tensor in header.pop("tensors")]
        self.provenance = header.pop("provenance", None)
        self.nodes = header.pop("nodes")
        self.rest = header

    def differences(self, other: "Model") -> tuple[str, ...]:
        """In what two models differ: graph, parameters, shapes, names, weights, rest."""
        found = set()
        ours, theirs = self.graph(), other.graph()
        if [node[0] for node in ours] != [node[0] for node in theirs]:
            found.add("graph")
        elif [node[1] for node in ours] != [node[1] for node in theirs]:
            found.add("parameters")
        if [tensor[1:3] for tensor in self.tensors] != [tensor[1:3] for tensor in other.tensors]:
            found.add("shapes")
        elif [tensor[3] for tensor in self.tensors] != [tensor[3] for tensor in other.tensors]:
            found.add("weights")
        if self.names() != other.names():
            found.add("names")
        if self.rest != other.rest:
            found.add("rest")
        return tuple(sorted(found))

    def names(self) -> list:
        return [(node["name"], node["outputs"]) for node in self.nodes] + [
            tensor[0] for tensor in self.tensors]

    def graph(self) -> list:
        """Layers with numbers for names."""
        numbers: dict[str, int] = {}
        found = []
        for node in self.nodes:
            inputs = [numbers.get(name, -1) for name in node["inputs"]]
            for name in node["outputs"]:
                numbers[name] = len(numbers)
            others = {key: value for key, value in node.items()
                      if key not in ("name", "inputs", "outputs", "type", "parameters", "weights")}
            found.append(((node["type"], inputs, len(node["outputs"]), node["weights"]),
                          (node["parameters"], others)))
        return found
