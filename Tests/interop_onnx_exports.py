"""ResNets that PyTorch and Keras exported as ONNX, read by us. `./run interop`.

    interop_onnx_exports.py [--models DIR] [--everywhere] [FAMILY/MODEL ...]

fixtures/onnx/torch_exports.py and keras_exports.py make them in DIR (.build/onnx), where they are not
there yet: gigabytes, and minutes. Our oracle's logits must be those of the framework in float64 within
1e-9 of the largest. Exporters that fold batch norm round to float32: then the logits must be those of
the file's own numbers in float64 within 1e-9, and the framework's within 1e-4. The fast executor is
held to 1e-3. The two exports in the folder pytorch-cifar of RESNET_TOOLKIT_DATA are read, too.

A small one of each family, and all with --everywhere, is also written in every format, and what was
written must give the oracle's very logits. RESNET_TOOLKIT_BIN names the folder of the tools, if it is
not .build/release.

Exit codes: 0 all bounds hold, 1 one is missed or a tool refuses a model, 66 no tools.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import onnx
from onnx_witness import (DATA, FIXTURES, ROOT, WIDTH, Refusal, error, ours, require_tools, tool)

import float64

MAKERS = {
    "torch": ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
              "wide_resnet50_2", "cifar"),
    "keras": ("ResNet50", "ResNet50V2", "ResNet101"),
}
EVERYWHERE = {"torch/cifar", "torch/resnet18", "keras/ResNet50V2"}
FORMS = ("model.resnet", "model.keras", "model.h5", "model.onnx", "caffe")

WIDE_BOUND = 1e-9
FOLDED_BOUND = 1e-4  # what folding into float32 changes; 1.4e-5 for a ResNet-152
FLOAT_BOUND = 1e-3  # fifty layers of random weights amplify rounding


@dataclass(frozen=True)
class Export:
    """A file, what it reads, and its logits: by the framework, and by its own numbers."""
    family: str
    model: str
    path: Path
    image: np.ndarray
    logits: np.ndarray
    own: np.ndarray | None

    @property
    def name(self) -> str:
        return f"{self.family}/{self.model}/{self.path.stem}"


def made(family: str, model: str, folder: Path) -> Iterator[Export]:
    """The exports of a model, made if they are not there."""
    target = folder / family / model
    if not (target / "outputs.npz").exists():
        print(f"making {family}/{model}", flush=True)
        subprocess.run([sys.executable, FIXTURES / "onnx" / f"{family}_exports.py",
                        folder / family, model], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=os.environ)
    if not (target / "outputs.npz").exists():
        return  # the trained net, without the folder that has it
    image = np.load(target / "inputs.npz")["input"]
    # A network reads images with their channels first, however its file has them.
    image = image.transpose(0, 3, 1, 2) if family == "keras" else image
    logits = np.load(target / "outputs.npz")["output"]
    for path in sorted(target.glob("*.onnx")):
        own = path.with_suffix(".outputs.npz")
        yield Export(family, model, path, image, logits,
                     np.load(own)["output"] if own.exists() else None)


def data_exports(folder: Path) -> Iterator[Export]:
    """Those of the trained net that others made; their batch norm is folded."""
    golden = np.load(folder / "golden" / "resnet20.npz")
    for path in sorted(folder.glob("*.onnx")):
        value = onnx.load(path, load_external_data=False).graph.input[0]
        count = value.type.tensor_type.shape.dim[0].dim_value or None  # the images that it takes
        image = golden["input"][:count]
        own = next(iter(float64.run(path, {value.name: image}).values()))
        yield Export("data", "cifar", path, image, golden["logits64"][:count], own)


def written(export: Export, inputs: Path, expected: np.ndarray, work: Path) -> str:
    """The formats whose file gives other logits, or none; nothing if there are none."""
    odd = []
    for form in FORMS:
        try:
            if form == "caffe":
                files = [work / "net.prototxt", work / "net.caffemodel"]
                tool("resnet-convert", export.path, "-o", files[0], "-o", files[1], "--force")
            else:
                files = [work / form]
                tool("resnet-convert", export.path, "-o", files[0], "--force")
            form = form.removeprefix("model.")
            fed = inputs
            if form in ("keras", "h5"):  # whose arrays have their channels last
                fed = work / "last.npz"
                np.savez(fed, input=np.load(inputs)["input"].transpose(0, 2, 3, 1))
            found = ours(files, fed, work, "oracle", ["output"])["output"]
            if not error(found.reshape(expected.shape), expected) <= 1e-12:
                odd.append(f"{form} differs by {error(found.reshape(expected.shape), expected):.1e}")
        except Refusal as refusal:
            odd.append(f"{form}: {refusal}")
    return "; ".join(odd)


def row(export: Export, work: Path, everywhere: bool) -> tuple[str, bool]:
    """The line of a file, and whether its bounds hold."""
    inputs = work / "inputs.npz"
    np.savez(inputs, input=export.image)
    try:
        oracle = ours([export.path], inputs, work, "oracle", ["output"])["output"]
        fast = ours([export.path], inputs, work, "fast", ["output"])["output"]
    except Refusal as refusal:
        return f"{export.name:{WIDTH}} {refusal}", False
    own = export.logits if export.own is None else export.own
    cells = [(error(oracle, own), WIDE_BOUND),
             (error(oracle, export.logits), WIDE_BOUND if export.own is None else FOLDED_BOUND),
             (error(fast, own), FLOAT_BOUND)]
    line = f"{export.name:{WIDTH}} " + " ".join(f"{value:10.1e}" for value, _ in cells)
    good = all(value <= bound for value, bound in cells)
    if everywhere:
        odd = written(export, inputs, oracle, work)
        line, good = f"{line}  {odd or 'the same in every format'}", good and not odd
    return line, good


def main() -> None:
    known = [f"{family}/{model}" for family, models in MAKERS.items() for model in models]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="FAMILY/MODEL", help=", ".join(known))
    parser.add_argument("--models", dest="folder", metavar="DIR", type=Path,
                        default=ROOT / ".build" / "onnx")
    parser.add_argument("--everywhere", action="store_true", help="write all in every format")
    arguments = parser.parse_args()
    for name in arguments.models:
        if name not in known:
            parser.error(f"no model {name}: {', '.join(known)}")
    require_tools("interop_onnx_exports")
    print(f"\nExports that we read, by our executors\n{'':{WIDTH}} {'oracle to':>21} {'fast to':>10}"
          f"\n{'file':{WIDTH}} {'itself':>10} {'framework':>10} {'itself':>10}")
    files = missed = 0
    with tempfile.TemporaryDirectory() as work:
        exports = (export for name in arguments.models or known
                   for export in made(*name.split("/"), arguments.folder))
        others = data_exports(Path(DATA) / "pytorch-cifar") if DATA and not arguments.models else ()
        for export in chain(others, exports):
            everywhere = (arguments.everywhere or export.family == "data"
                          or f"{export.family}/{export.model}" in EVERYWHERE)
            line, good = row(export, Path(work), everywhere)
            print(line if good else f"{line}  MISSED", flush=True)
            files += 1
            missed += not good
    if not DATA:
        print("RESNET_TOOLKIT_DATA is not set: no trained net")
    print(f"{files} exports: " + (f"{missed} missed" if missed else "all bounds hold"))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
