"""ONNX files that we read: onnx's own backend cases, and small files of ours. `./run interop`.

    interop_onnx.py [--list] [FOLDER ...]

FOLDER is one of small, light, light-seeded, node, pytorch-converted, pytorch-operator, simple. Of
each case (fixtures/onnx/backend_cases.py) our oracle must compute what it wants within its own
tolerances, or the model must be refused: exit code 65, one line. Whatever has operators and data
that a network has must be read: see `must_pass`, and ENOUGH for how many of a folder. The goldens of
`light` are nine times the same number, since all its weights are: `light-seeded` has the same graphs
with weights that differ, within 1e-9 of float64, and so are the files of fixtures/onnx/small.
Refusals are counted by their words; --list names the cases of each. RESNET_TOOLKIT_BIN names the
folder of the tools, if it is not .build/release.

Exit codes: 0 all hold, 1 a value differs, a refusal is none or one too many, 66 no tools.
"""

import argparse
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx_witness import FIXTURES, Refusal, error, ours, require_tools, tool

import backend_cases
import light_seeded
from backend_cases import Case

FOLDERS = ("small", "light-seeded", *backend_cases.FOLDERS)
SMALL = FIXTURES / "onnx" / "small"
WIDE_BOUND = 1e-9  # where float64 is the golden

POOLS = {"MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool"}
# How many must pass of those cases of a folder that read floats of these ranks.
ENOUGH = {("light", (4,)): 9, ("pytorch-converted", (2, 4)): 39, ("pytorch-converted", (3,)): 18}


def must_pass(case: Case) -> bool:
    """Convolutions along lines and in images, batch norm and pools in images, products."""
    if len(case.operators) != 1 or not case.is_float:
        return False
    operator = case.operators[0]
    attributes = {attribute.name: attribute.i for attribute in case.model.graph.node[0].attribute}
    return (operator == "Conv" and case.rank in (3, 4)
            or operator == "BatchNormalization" and case.rank == 4
            and not attributes.get("training_mode")
            or operator in POOLS and case.rank == 4
            or operator == "Gemm")


@dataclass
class Count:
    """What became of the cases of a folder."""
    passed: list[Case] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    missed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.passed) + sum(map(len, self.refused.values())) + len(self.missed)


def differs(case: Case, found: dict[str, np.ndarray]) -> str:
    """How the values are not what the case wants; nothing if they are."""
    for name, wanted in case.outputs.items():
        value = found[name]
        if value.shape != wanted.shape:
            return f"{name} has the shape {list(value.shape)}, not {list(wanted.shape)}"
        if case.folder in ("small", "light-seeded"):
            if not error(value, wanted) <= WIDE_BOUND:
                return f"{name} differs by {error(value, wanted):.1e}"
        elif not np.allclose(value, wanted, case.relative, case.absolute, equal_nan=True):
            return f"{name} differs by {error(value, wanted):.1e}, beyond its tolerances"
    return ""


def ask(case: Case, work: Path, count: Count) -> None:
    """Reads a case and files what became of it."""
    folder = case.write(work)
    model, inputs = folder / "model.onnx", folder / "inputs.npz"
    arrays = [*case.inputs.values(), *case.outputs.values()]
    try:
        if not case.inputs or any(array is None for array in arrays):
            tool("resnet-convert", model, "-o", work / "converted.resnet", "--force")
            return count.missed.append(f"{case.name}: is read, though it computes no tensors")
        found = ours([model], inputs, work, "oracle", list(case.outputs))
    except Refusal as refusal:
        if not refusal.is_proper:
            count.missed.append(f"{case.name}: {refusal}")
        elif must_pass(case) or case.folder == "light-seeded":
            count.missed.append(f"{case.name}: must be read, and is refused: {refusal.reason}")
        else:
            count.refused[group(refusal.reason, case)].append(case.name)
        return
    difference = differs(case, found)
    if difference and "ArgMax" in case.operators and not case.is_float:
        count.refused["(its ArgMax is left out)"].append(case.name)
    elif difference:
        count.missed.append(f"{case.name}: {difference}")
    else:
        count.passed.append(case)


def group(reason: str, case: Case) -> str:
    """A reason without what is this case's own: names of values and nodes, numbers."""
    names = {name for node in case.model.graph.node for name in (node.name, *node.output)}
    names |= {value.name for value in case.model.graph.input}
    names |= {tensor.name for tensor in case.model.graph.initializer}
    for name in sorted(names - {"", "a"}, key=len, reverse=True):  # an article is none
        reason = re.sub(rf"(?<![\w/]){re.escape(name)}(?![\w/])", "…", reason)
    reason = re.sub(r"\[[^\]]*\]", "[…]", reason)
    return re.sub(r"-?\b\d+(\.\d+)?(e[-+]?\d+)?\b", "#", reason)


def small_cases() -> Iterator[Case]:
    """The files of fixtures/onnx/small that have goldens."""
    for path in sorted(SMALL.glob("*.npz")):
        arrays = dict(np.load(path))
        names = [name for name in arrays if name.endswith("64") and name != "output64"]
        # The values that it names, or the only one, however it is called.
        wanted = {name.removesuffix("64"): arrays[name] for name in names} or {
            "output": arrays["output64"]}
        yield Case("small", path.stem, onnx.load(path.with_suffix(".onnx")),
                   {"input": arrays["input"]}, wanted, 0, 0)


def small_refusals(count: Count) -> None:
    """Those that have none."""
    for path in sorted(SMALL.glob("refused-*.onnx")):
        try:
            tool("resnet-convert", path, "--dry-run")
            count.missed.append(f"{path.stem}: is read")
        except Refusal as refusal:
            if refusal.is_proper:
                count.refused[refusal.reason].append(path.stem)
            else:
                count.missed.append(f"{path.stem}: {refusal}")


def small_files(work: Path, count: Count) -> None:
    """Small files are read where they lie, since one has its numbers in another file."""
    for case in small_cases():
        inputs = work / "inputs.npz"
        np.savez(inputs, **case.inputs)
        try:
            found = ours([SMALL / f"{case.name}.onnx"], inputs, work, "oracle",
                         list(case.outputs))
            difference = differs(case, found)
        except Refusal as refusal:
            difference = f"{refusal}"
        if difference:
            count.missed.append(f"{case.name}: {difference}")
        else:
            count.passed.append(case)
    small_refusals(count)


def run(folder: str, work: Path) -> Count:
    count = Count()
    if folder == "small":
        small_files(work, count)
        return count
    found = light_seeded.cases() if folder == "light-seeded" else backend_cases.cases(folder)
    asked: Counter[tuple[str, int]] = Counter()
    for case in found:
        with tempfile.TemporaryDirectory(dir=work) as own:
            ask(case, Path(own), count)
        asked[folder, case.rank if case.is_float else None] += 1
    for (name, ranks), wanted in ENOUGH.items():
        if name == folder:
            passed = sum(case.is_float and case.rank in ranks for case in count.passed)
            total = sum(asked[folder, rank] for rank in ranks)
            words = (f"of the {total} cases of rank {' and '.join(map(str, ranks))}, {passed} "
                     f"pass; {wanted} must")
            print(f"{folder}: {words}")
            if passed < wanted:
                count.missed.append(words)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help=", ".join(FOLDERS))
    parser.add_argument("--list", action="store_true", help="name the cases of each reason")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        if folder not in FOLDERS:
            parser.error(f"no folder {folder}: {', '.join(FOLDERS)}")
    require_tools("interop_onnx")
    counts = {}
    print("\nONNX files that we read, by our oracle")
    with tempfile.TemporaryDirectory() as work:
        for folder in arguments.folders or FOLDERS:
            counts[folder] = run(folder, Path(work))
    for folder, count in counts.items():
        for reason, names in sorted(count.refused.items(), key=lambda item: -len(item[1])):
            print(f"  {folder}: {len(names):4} refused: {reason}")
            for name in names if arguments.list else ():
                print(f"         {name}")
        for line in count.missed:
            print(f"  {folder}: MISSED {line}")
    print(f"\n{'folder':{20}} {'cases':>6} {'passed':>6} {'refused':>7} {'missed':>6}")
    for folder, count in counts.items():
        refused = count.total - len(count.passed) - len(count.missed)
        print(f"{folder:20} {count.total:6} {len(count.passed):6} {refused:7} "
              f"{len(count.missed):6}")
    sys.exit(1 if any(count.missed for count in counts.values()) else 0)


if __name__ == "__main__":
    main()
