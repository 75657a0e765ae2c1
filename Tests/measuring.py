"""Figures of the tools beside their bounds: for the scripts that measure full-size networks.

RESNET_TOOLKIT_BIN names the folder of the tools, if it is not .build/release.
"""

import os
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build/release"))
missed: list[str] = []


def check(name: str, value: float, bound: float, unit: str = "") -> None:
    """Prints a figure beside its upper bound and remembers a miss."""
    good = value <= bound
    print(f"  {name}: {value:.4g}{unit} (bound {bound:.4g}{unit}){'' if good else '  MISSED'}")
    if not good:
        missed.append(name)


def tool(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs a built tool; a failure ends this script with the tool's own words."""
    command = [str(BIN / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout[-2000:]}{done.stderr}")
    return done


def convert_sampled(*arguments: object) -> tuple[float, int]:
    """Runs resnet-convert; returns seconds and the peak of its anonymous memory in bytes."""
    command = [str(BIN / "resnet-convert"), *map(str, arguments)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0

    def sample() -> None:
        nonlocal peak
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                return
            for line in status.splitlines():
                if line.startswith("RssAnon:"):
                    peak = max(peak, 1024 * int(line.split()[1]))
            time.sleep(0.001)

    sampler = threading.Thread(target=sample)
    sampler.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    sampler.join()
    if code != 0:
        sys.exit(f"{' '.join(command)}: exit {code}")
    return seconds, peak


def copy_and_sync(source: pathlib.Path, target: pathlib.Path) -> float:
    """Seconds of cp and fsync."""
    start = time.perf_counter()
    subprocess.run(["cp", source, target], check=True)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    return time.perf_counter() - start


def conversion(source: pathlib.Path, work: pathlib.Path, *arguments: object,
               bound: float = 3) -> pathlib.Path:
    """Conversion to work/model.resnet: time against cp + fsync of the source in alternation, and memory."""
    output = work / "model.resnet"
    ratios = []
    peak = 0
    for _ in range(5):
        copied = copy_and_sync(source, work / "copy")
        (work / "copy").unlink()
        output.unlink(missing_ok=True)
        seconds, anonymous = convert_sampled(*arguments, "-o", output)
        ratios.append(seconds / copied)
        peak = max(peak, anonymous)
    check("conversion / (cp + fsync), median of 5", sorted(ratios)[2], bound)
    check("peak RssAnon of the conversion", peak / 2**20, 64, " MiB")
    return output


def verdict() -> int:
    """Says which bounds were missed; the exit code."""
    print("missed: " + ", ".join(missed) if missed else "all bounds held")
    return 1 if missed else 0
