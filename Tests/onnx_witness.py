"""What the scripts about ONNX share: the tools, what they say, and errors.

RESNET_TOOLKIT_BIN names the folder of the tools, if it is not .build/release.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
sys.path.insert(0, str(FIXTURES / "onnx"))

TOOLS = Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build" / "release"))
DATA = os.environ.get("RESNET_TOOLKIT_DATA")
BAD_MODEL = 65  # the exit code of a refusal
WIDTH = 44

Arrays = dict[str, np.ndarray]


class Refusal(Exception):
    """What a tool said when it failed."""

    def __init__(self, done: subprocess.CompletedProcess[str]):
        self.code = done.returncode
        self.lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
        super().__init__(f"{done.stderr.strip() or done.args[0]}; exit {done.returncode}")

    @property
    def is_proper(self) -> bool:
        """Whether it is a refusal of the model, in one line."""
        return self.code == BAD_MODEL and len(self.lines) == 1

    @property
    def reason(self) -> str:
        """The line without the tool and the file."""
        return self.lines[-1].split(".onnx: ", 1)[-1] if self.lines else "nothing said"


def tool(name: str, *arguments: object) -> str:
    done = subprocess.run([str(TOOLS / name), *map(str, arguments)], capture_output=True,
                          text=True, errors="replace")
    if done.returncode != 0:
        raise Refusal(done)
    return done.stdout


def ours(files: list[Path], inputs: Path, work: Path, executor: str, names: list[str],
         options: tuple[str, ...] = ()) -> Arrays:
    """The outputs of these names, in order, by one of our executors."""
    values = work / "values.npz"
    layers = ["--layers", ",".join(names)] if len(names) > 1 else []
    tool("resnet-verify", "run", *files, "--input", inputs, "-o", values, "--executor", executor,
         *layers, "--force", *options)
    found = dict(np.load(values))
    return {name: found[name] if name in found else found["output"] for name in names}


def error(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference divided by the largest magnitude; infinite for another shape."""
    if found.shape != expected.shape:
        return float("inf")
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    # Equal where both are the same infinity or no number at all.
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    difference = np.where(same, 0, found - np.where(same, 0, expected))
    difference = np.where(same, 0, difference)
    finite = np.abs(expected[np.isfinite(expected)])
    worst = float(np.abs(difference).max(initial=0) / (finite.max(initial=0) or 1))
    return float("inf") if np.isnan(worst) else worst


def worst(found: Arrays, expected: Arrays) -> float:
    return max(error(found[name], value) for name, value in expected.items())


def fail(script: str, reason: str) -> NoReturn:
    print(f"{script}: {reason}", file=sys.stderr)
    sys.exit(66)


def require_tools(script: str) -> None:
    for name in ("resnet-convert", "resnet-verify"):
        if not (TOOLS / name).exists():
            fail(script, f"no {name} in {TOOLS}: swift build -c release makes it")
