"""Our executor beside OpenVINO, ONNX Runtime and ncnn in float32: `./run peers`.

NAME is one of `resnet-convert synthesize`, with -A or -B for its shortcuts and @HxW for another
size: resnet56-B, resnet50@225x301. Each net is synthesized and written as ONNX. Every engine
(Tests/peers_engine.py, resnet-bench lockstep) is a process of its own, pinned to one core a thread
before it starts. When all are loaded they take turns, a few inferences each, and another begins
each round: the machine's slow phases meet all of them, so that ratios within a run mean something,
and those between runs do not. Ratio: milliseconds an image of the fastest float32 peer by ours,
above 1 where we are faster, by minimum and by median.

A run is INVALID when a float32 engine fails, when its output is further from ONNX Runtime's than
1e-3 in relative L2, or when OpenVINO does not run in float32 as told. Its own choice of precision
(bf16 where the processor has it) is a row that is not judged. ncnn runs batch 1, and its converter
does not take shortcut A, which pads channels. With --isa avx2 ours and OpenVINO are held to AVX2,
if the names of OpenVINO's kernels prove it; ONNX Runtime cannot be held and only checks outputs.
RESNET_TOOLKIT_BIN names the folder of the tools.

Exit codes: 0 all runs are valid, 1 one is not, 2 the command line is wrong, 66 no tools.
"""

import argparse
import contextlib
import importlib.util
import json
import math
import os
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import BIN, tool

# The nets of README and their batches.
TABLE = {"resnet50": (1, 8), "resnet18": (1,), "resnet34": (1, 8), "resnet50v1.5": (1,),
         "resnet101": (1,), "resnet152": (1,), "resnet20-B": (1, 64), "resnet56-B": (1, 64),
         "resnet20-A": (1, 64), "resnet56-A": (1, 64), "resnet50@225x301": (1,),
         "resnet50@192x192": (1,), "resnet50@320x320": (1,)}
QUICK = {"resnet50": (1,), "resnet18": (1,), "resnet20-B": (1,)}
NET = re.compile(r"(?P<name>[\w.-]+?)(-(?P<shortcut>[AB]))?(@(?P<size>\d+x\d+))?")
CIFAR = {f"resnet{depth}" for depth in (20, 32, 44, 56, 110, 1202)}
FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16")
PEERS = ("openvino", "onnxruntime", "ncnn")
OWN = "openvino-own"
HELD = {"ONEDNN_MAX_CPU_ISA": "AVX2", "OV_CPU_MAX_ISA": "AVX2"}
TOLERANCE = 1e-3
PATIENCE = 900  # seconds until an engine that does not answer has failed

Record = dict[str, object]


class Failed(Exception):
    """An engine did not start, or broke the protocol."""


class Net:
    """A synthesized network as files of a folder."""

    def __init__(self, title: str, folder: Path):
        name, shortcut, size = NET.fullmatch(title).group("name", "shortcut", "size")
        self.title, self.is_small = title, name in CIFAR
        self.size = size or ("32x32" if self.is_small else "224x224")
        self.pads_channels = (shortcut or ("A" if self.is_small else "B")) == "A"
        self.native, self.onnx = folder / "net.resnet", folder / "net.onnx"
        chosen = ["--shortcut", shortcut] if shortcut else []
        tool("resnet-convert", "synthesize", name, *chosen, "--seed", 7, "-o", self.native)
        if size:
            published = self.native.rename(folder / "published.resnet")
            shape = f"1,3,{size.replace('x', ',')}"
            tool("resnet-convert", published, "--input-shape", shape, "-o", self.native)
        tool("resnet-convert", self.native, "-o", self.onnx)

    def ncnn(self) -> Path:
        """The .param file that pnnx makes, its .bin beside it."""
        made = self.onnx.with_name("net.ncnn.param")
        if not made.exists():
            # The program inside the package: its Python wrapper imports torch.
            pnnx = Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")
            shape = f"inputshape=[1,3,{self.size.replace('x', ',')}]f32"
            done = subprocess.run([pnnx, self.onnx.name, shape, "fp16=0"], cwd=made.parent,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode or not made.exists():
                raise Failed(f"pnnx: exit {done.returncode}: {done.stdout[-300:]!r}")
        return made


class Engine:
    """A running engine: what it told when ready, its times, the wall time it was seen to take."""

    def __init__(self, command: list[object], cpus: list[int], log: Path, held: dict[str, str]):
        self.log, self.times, self.told, self.wall = log, [], 0.0, 0.0
        with open(log, "w") as errors:
            self.process = subprocess.Popen(
                list(map(str, command)), text=True, stderr=errors,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env=os.environ | {"OMP_NUM_THREADS": str(len(cpus))} | held,
                preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        try:
            self.ready = self.answer(dict)
            self.y = [float(value) for value in self.ready.pop("y", ())]
        except (Failed, TypeError, ValueError) as reason:
            self.process.kill()
            raise Failed(reason) from None

    def answer(self, kind: type) -> dict | list:
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise Failed(f"no answer in {PATIENCE} s")
        line = self.process.stdout.readline()
        with contextlib.suppress(ValueError):
            if isinstance(value := json.loads(line), kind):
                return value
        raise Failed(f"answered {line[:100]!r}; {' '.join(self.log.read_text()[-300:].split())}")

    def burst(self, count: int) -> None:
        start = time.perf_counter()
        with contextlib.suppress(OSError):  # the missing answer tells
            self.process.stdin.write(f"{count}\n")
            self.process.stdin.flush()
        times = self.answer(list)
        self.wall += (time.perf_counter() - start) * 1e3
        if len(times) != count + 1 or not all(isinstance(t, float | int) and t > 0 for t in times):
            raise Failed(f"expected {count + 1} positive numbers, found {str(times)[:100]}")
        self.times += times[1:]  # the first one warms up
        self.told += sum(times)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def figures(self, batch: int, judge: list[float]) -> Record:
        is_alike = len(self.y) == len(judge) > 0
        error = math.dist(self.y, judge) / math.hypot(*judge) if is_alike else math.inf
        return {**self.ready, "relative_l2": error if math.isfinite(error) else None,
                "min_ms": min(self.times) / batch,
                "median_ms": statistics.median(self.times) / batch,
                "told_of_wall": self.told / self.wall, "batch_ms": self.times}


def cores() -> list[int]:
    """A processor of each core that this process may use, the first last: it serves interrupts."""
    found = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        found.setdefault(siblings.read_text() if siblings.exists() else cpu, cpu)
    return list(found.values())[::-1]


def start(net: Net, threads: int, batch: int,
          isa: str | None) -> tuple[dict[str, Engine], dict[str, str]]:
    """The engines that run, and why others do not."""
    names = [*PEERS[:2], "ours"] if isa else [*PEERS, OWN, "ours"]
    if "ncnn" in names and (batch > 1 or net.pads_channels):
        names.remove("ncnn")
    running, faults = {}, {}
    for name in names:
        try:
            if name == "ours":
                command = [BIN / "resnet-bench", "lockstep", net.native, "--threads", threads,
                           "--batch", batch, *(["--isa", isa] if isa else [])]
            else:
                model = net.ncnn() if name == "ncnn" else net.onnx
                command = [sys.executable, Path(__file__).with_name("peers_engine.py"), name,
                           model, threads, f"{batch}x3x{net.size}"]
            running[name] = Engine(command, cores()[:threads], net.onnx.with_name(f"{name}.log"),
                                   HELD if isa and name == "openvino" else {})
        except (Failed, OSError) as reason:
            faults[name] = str(reason)
    return running, faults


def is_held_to_avx2(kernels: dict[str, int]) -> bool:
    """Whether each convolution is by name a kernel of AVX2, and nothing is one of a later set."""
    convolutions = [name for name in kernels if name.startswith("Convolution")]
    return (bool(convolutions) and all("avx2" in name for name in convolutions)
            and not any(later in name for name in kernels for later in ("avx512", "avx10", "amx")))


def measure(net: Net, threads: int, batch: int, options: argparse.Namespace) -> Record:
    """One interleaved run."""
    iterations = options.iterations or (20 if net.is_small and batch == 1 else 3)
    load = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        running, faults = start(net, threads, batch, options.isa)
        for engine in running.values():
            stack.callback(engine.stop)
        order = list(running)
        for _ in range(options.rounds):
            for name in filter(running.get, order):
                time.sleep(0.05)  # until the threads of the one before cease to spin
                try:
                    running[name].burst(iterations)
                except Failed as reason:
                    faults[name] = str(reason)
                    running.pop(name).process.kill()
            order = order[1:] + order[:1]
    judge = running["onnxruntime"].y if "onnxruntime" in running else []
    engines = {name: engine.figures(batch, judge) for name, engine in running.items()}
    for name, figures in engines.items():
        error = figures["relative_l2"]
        if error is None or error > TOLERANCE:
            faults[name] = f"relative L2 {error} from ONNX Runtime's output"
        elif name == "openvino" and figures["precision"] != "f32":
            faults[name] = f"runs in {figures['precision']}"
    is_valid = not faults.keys() - {OWN}
    timed = [engines[name] for name in (PEERS[:1] if options.isa else PEERS) if name in engines]
    ratio = None
    if is_valid and (not options.isa or is_held_to_avx2(engines["openvino"]["kernels"])):
        ratio = {key: min(peer[key] for peer in timed) / engines["ours"][key]
                 for key in ("min_ms", "median_ms")}
    return {"net": net.title, "size": net.size, "threads": threads, "batch": batch,
            "isa": options.isa, "rounds": options.rounds, "iterations": iterations, "load": load,
            "valid": is_valid, "faults": faults, "ratio": ratio, "engines": engines}


def show(run: Record) -> None:
    engines, ratio = run["engines"], run["ratio"]
    print(f"\n{run['net']}, {run['batch']}x3x{run['size']}, threads {run['threads']}"
          f"{', AVX2' if run['isa'] else ''}, {run['rounds']} x {run['iterations']} inferences, "
          f"load before {run['load']:.1f}; milliseconds an image:")
    for name, told in engines.items():
        error = math.nan if told["relative_l2"] is None else told["relative_l2"]
        print(f"  {name:12s} min {told['min_ms']:9.3f}  median {told['median_ms']:9.3f}"
              f"  relative L2 {error:.1e}  {told.get('precision', '')}")
        if told["told_of_wall"] < 0.8:
            print(f"  warning: {name} tells of {told['told_of_wall']:.0%} of its bursts' wall time")
    if noisy := [name for name, told in engines.items()
                 if told["median_ms"] > 1.25 * told["min_ms"]]:
        print(f"  warning: min and median disagree by more than 25 %: {', '.join(noisy)}")
    for name, fault in run["faults"].items():
        print(f"  {'not judged' if name == OWN else 'INVALID'}: {name}: {fault}")
    if ratio:
        print(f"  {'OpenVINO held to AVX2' if run['isa'] else 'fastest float32 peer'} / ours: "
              f"min {ratio['min_ms']:.3f} median {ratio['median_ms']:.3f}")
    elif run["valid"]:
        print(f"  unmeasured: AVX2 is not proved by OpenVINO's {engines['openvino']['kernels']}")
    sys.stdout.flush()


def table(runs: list[Record], threads: list[int]) -> None:
    peer = "OpenVINO held to AVX2" if runs[0]["isa"] else "Fastest float32 peer"
    print(f"\n{peer} / ours, min / median; OpenVINO's own choice / ours:\n")
    print("| net | batch |" + "".join(f" threads {n} | own choice |" for n in threads))
    print("|---|---|" + "---|---|" * len(threads))
    rows: dict[tuple[str, int], list[str]] = {}
    for run in runs:
        cells = ["invalid" if not run["valid"] else "unmeasured", "–"]
        if ratio := run["ratio"]:
            cells[0] = f"{ratio['min_ms']:.2f} / {ratio['median_ms']:.2f}"
            if own := run["engines"].get(OWN):
                least, median = (own[key] / run["engines"]["ours"][key] for key in ratio)
                cells[1] = f"{own['precision']}: {least:.2f} / {median:.2f}"
        rows.setdefault((run["net"], run["batch"]), []).extend(cells)
    for (net, batch), row in rows.items():
        print(f"| {net} | {batch} | {' | '.join(row)} |")


def numbers(text: str) -> list[int]:
    if min(values := [int(part) for part in text.split(",")]) < 1:
        raise ValueError(text)
    return values


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run peers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nets", metavar="NAME,...", help="default: those of README")
    parser.add_argument("--threads", type=numbers, metavar="N,...", help="default: 1,2",
                        default=[n for n in (1, 2) if n <= len(cores())])
    parser.add_argument("--batch", type=numbers, metavar="N,...", help="default: README's, or 1")
    parser.add_argument("--rounds", type=int, help="default: 25")
    parser.add_argument("--iterations", type=int, help="a round; default: 3, of small nets 20")
    parser.add_argument("--isa", choices=["avx2"], help="hold ours and OpenVINO to it")
    parser.add_argument("--quick", action="store_true", help="three nets, 5 rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the record here")
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.quick else 25)
    default = QUICK if options.quick else TABLE
    options.nets = options.nets.split(",") if options.nets else list(default)
    options.batches = {net: options.batch or default.get(net, (1,)) for net in options.nets}
    if wrong := [net for net in options.nets if not NET.fullmatch(net)]:
        parser.error(f"--nets: {wrong[0]!r}")
    if max(options.threads) > len(cores()):
        parser.error(f"--threads: this process may use {len(cores())} cores")
    return options


def main() -> int:
    options = arguments()
    if not (BIN / "resnet-bench").exists():
        print(f"peers: no tools in {BIN}", file=sys.stderr)
        return 66
    about = dict(re.findall(r"^([^\t:]+)\t*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M))
    flags = [flag if flag in about.get("flags", "").split() else f"no {flag}" for flag in FLAGS]
    processor = (f"{about.get('model name')}, family {about.get('cpu family')} "
                 f"model {about.get('model')}: {', '.join(flags)}; {len(cores())} cores")
    print(processor)
    runs, versions = [], {}
    for title in options.nets:
        with tempfile.TemporaryDirectory() as folder:
            net = Net(title, Path(folder))
            for batch in options.batches[title]:
                for threads in options.threads:
                    runs.append(measure(net, threads, batch, options))
                    show(runs[-1])
                    versions |= {name: str(told.get("version", "?")) for name, told
                                 in runs[-1]["engines"].items() if name != OWN}
                    if options.json:
                        whole = {"processor": processor, "versions": versions, "runs": runs}
                        options.json.write_text(json.dumps(whole, indent=1) + "\n")
    table(runs, options.threads)
    print(f"\n{processor}; {', '.join(' '.join(pair) for pair in versions.items())}")
    return 0 if all(run["valid"] for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
