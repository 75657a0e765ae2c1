"""Our two executors against OpenCV and a float64 reference, run side by side: `./run interop`.

The nets are those of fixtures/ and, if RESNET_TOOLKIT_DATA names the folder of real model files,
its definitions in caffe-msra with seeded weights. All values are compared with the reference, the
last one with OpenCV, which computes once with Winograd's transform, its default, and once without:
resnet-verify must call both EQUAL. An error is the largest difference divided by the largest
magnitude.
RESNET_TOOLKIT_BIN names the folder of the tools, if it is not .build/release.

Exit codes: 0 all bounds hold, 1 one is missed or a tool refuses a net, 66 no tools or no folder.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NoReturn

import numpy as np
from google.protobuf import text_format

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
sys.path.insert(0, str(FIXTURES))

import caffe_reference
import caffe_schema
import opencv_caffe
import seeded_weights
from case_options import CASE_OPTIONS

TOOLS = Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build" / "release"))
DATA = os.environ.get("RESNET_TOOLKIT_DATA")

# These three are the business of `./run full`.
FULL_SIZE = re.compile(r"ResNet-\d+-deploy")
# What a definition reads that names a database instead of a shape: CIFAR-10.
DATABASE_IMAGE = (1, 3, 32, 32)

ORACLE_BOUND = 1e-12  # the same sums in float64, in another order
FLOAT_BOUND = 1e-4  # float32 against anything
# Fifty layers of random weights amplify rounding: torch in float32 is 9e-5 away from float64.
DEEP_ORACLE_BOUND = 1e-9
DEEP_FLOAT_BOUND = 1e-3
WIDTH = 40


@dataclass(frozen=True)
class Net:
    """A net on disk and what it is asked.

    `opencv` names the values that OpenCV computes too: "output", "all", or "" if it cannot.
    """
    name: str
    files: tuple[Path, ...]
    input: Path
    opencv: str
    oracle_bound: float = ORACLE_BOUND
    float_bound: float = FLOAT_BOUND
    options: tuple[str, ...] = ()  # how it is converted

    @property
    def prototxt(self) -> str:
        """The definition; that of a net without a prototxt is in its caffemodel."""
        if self.files[0].suffix == ".prototxt":
            return self.files[0].read_text()
        definition = self.model
        for layer in definition.layer:
            layer.ClearField("blobs")
        return text_format.MessageToString(definition)

    @property
    def model(self) -> caffe_schema.NetParameter:
        """The net with weights; without a caffemodel the definition has none."""
        if self.files[-1].suffix == ".caffemodel":
            return caffe_schema.NetParameter.FromString(self.files[-1].read_bytes())
        return caffe_schema.parse(self.prototxt)

    def inputs(self, definition: caffe_schema.NetParameter) -> dict[str, np.ndarray]:
        """The arrays for the inputs, by their names."""
        arrays = np.load(self.input)
        names = input_names(definition)
        return {names[0]: arrays["input"]} if "input" in arrays else {n: arrays[n] for n in names}


class Refusal(Exception):
    """What a tool said when it failed."""


def input_names(definition: caffe_schema.NetParameter) -> list[str]:
    """The blobs to be filled: the definition's inputs, or the images of its database."""
    names = [*definition.input]
    names += [top for layer in definition.layer if layer.type == "Input" for top in layer.top]
    return names or [layer.top[0] for layer in definition.layer if layer.type.endswith("Data")][:1]


def fixture_nets() -> Iterator[Net]:
    """The digits and every case; cases.md says where OpenCV is a witness."""
    digits = FIXTURES / "digits"
    model = (digits / "digits-resnet.prototxt", digits / "digits-resnet.caffemodel")
    yield Net("digits, 360 images", model, digits / "digits.npz", "output")
    yield Net("digits, 2 images", model, digits / "digits-golden-layers.npz", "all")
    layers = FIXTURES / "layers"
    table = (layers / "cases.md").read_text()
    witnessed = set(re.findall(r"^\| (\S+) \|.*\| OpenCV \| [-+.e\d]+ \|$", table, re.M))
    for path in sorted(layers.glob("*.npz")):
        files = (path.with_suffix(".prototxt"), path.with_suffix(".caffemodel"))
        yield Net(path.stem, tuple(file for file in files if file.exists()), path,
                  # Of column-major images OpenCV knows nothing: it was shown them turned.
                  "output" if path.stem in witnessed - {"dialect-column-major"} else "",
                  options=CASE_OPTIONS.get(path.stem, ()))


def foreign_nets(folder: Path, work: Path) -> Iterator[Net]:
    """Definitions by others, with seeded weights and a seeded image written to `work`."""
    for path in sorted(folder.glob("*.prototxt")):
        if FULL_SIZE.match(path.stem):
            continue
        definition = caffe_schema.parse(path.read_text())
        generator = np.random.default_rng(list(path.stem.encode()))
        shapes = [layer.input_param.shape[0].dim for layer in definition.layer
                  if layer.type == "Input"]
        shape = tuple(shapes[0]) if shapes else DATABASE_IMAGE
        image = seeded_weights.smooth_noise(shape, generator)
        weights = seeded_weights.draw(definition, {input_names(definition)[0]: image}, generator)
        caffemodel, arrays = work / f"{path.stem}.caffemodel", work / f"{path.stem}.npz"
        caffe_schema.write(caffe_schema.caffemodel(definition, weights), caffemodel)
        np.savez(arrays, input=image)
        # OpenCV reads the layers of both phases, so definitions for training mean nothing to it.
        yield Net(path.stem, (path, caffemodel), arrays, "output" if shapes else "",
                  DEEP_ORACLE_BOUND, DEEP_FLOAT_BOUND,
                  () if shapes else ("--input-shape", ",".join(map(str, shape))))


def tool(name: str, *arguments: object) -> None:
    done = subprocess.run([str(TOOLS / name), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Refusal(f"{done.stderr.strip() or name}; exit {done.returncode}")


def ours(net: Net, work: Path) -> dict[str, dict[str, np.ndarray]]:
    """Every value by each executor, from the converted model."""
    converted, values = work / "model.resnet", work / "values.npz"
    tool("resnet-convert", *net.files, "-o", converted, "--force", *net.options)
    found = {}
    for executor in ("oracle", "fast"):
        tool("resnet-verify", "run", converted, "--input", net.input, "-o", values, "--layers",
             "all", "--executor", executor, "--force")
        found[executor] = dict(np.load(values))
    return found


def by_reference(net: Net) -> dict[str, np.ndarray]:
    """Every value in float64, and the last one as `output`.

    Old and foreign dialects have theirs beside them: the reference knows the present one.
    """
    if net.name.startswith("dialect-"):
        arrays = np.load(net.input)
        return {name[:-2]: arrays[name] for name in arrays if name.endswith("64")}
    model = net.model
    definition = caffe_schema.parse(net.prototxt)
    values = {}
    for name, value in caffe_reference.walk(definition, caffe_schema.weights(model),
                                            net.inputs(definition)):
        values[name] = values["output"] = value
    return values


def by_opencv(net: Net, shapes: dict[str, tuple[int, ...]],
              winograd: bool) -> dict[str, np.ndarray]:
    """The values that OpenCV is asked for, in float32, in the shapes that Caffe gives them."""
    definition = caffe_schema.parse(net.prototxt)
    engine = opencv_caffe.load(net.prototxt, net.model, winograd)
    inputs = net.inputs(definition)
    layers = [layer for _, layer in caffe_reference.inference_layers(definition)]
    if net.opencv == "all":
        values = opencv_caffe.run(engine, inputs, [layer.name for layer in layers])
    else:
        values = {"output": opencv_caffe.last_output(engine, inputs, layers[-1])}
    return {name: value.reshape(shapes[name]) for name, value in values.items()}


def is_equal(values: dict[str, np.ndarray], net: Net, work: Path) -> bool:
    """Whether resnet-verify calls the converted model equal to what OpenCV computed."""
    golden = work / "golden.npz"
    inputs = np.load(net.input)
    names = ["input"] if "input" in inputs else input_names(caffe_schema.parse(net.prototxt))
    np.savez(golden, **{name: inputs[name] for name in names}, **values)
    done = subprocess.run([str(TOOLS / "resnet-verify"), str(work / "model.resnet"), "--fixture",
                           str(golden)], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise Refusal(f"{done.stderr.strip()}; exit {done.returncode}")
    return done.returncode == 0


def error(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> float:
    """The largest error of all expected values; infinite if one is missing or of another shape."""
    worst = 0.0
    for name, value in expected.items():
        if name not in found or found[name].shape != value.shape:
            return np.inf
        difference = np.abs(found[name].astype(np.float64) - value).max()
        # NaN must not get lost in a maximum.
        worst = max(worst, np.nan_to_num(difference / (np.abs(value).max() or 1), nan=np.inf))
    return float(worst)


def row(net: Net, work: Path) -> tuple[str, bool]:
    """The line of a net, and whether its bounds hold."""
    try:
        found = ours(net, work)
    except Refusal as refusal:
        return f"{net.name:{WIDTH}} {refusal}", False
    reference = by_reference(net)
    cells = [(error(found["oracle"], reference), net.oracle_bound),
             (error(found["fast"], reference), net.float_bound)]
    verdicts = []
    if net.opencv:
        shapes = {name: value.shape for name, value in reference.items()}
        for winograd in (False, True):
            opencv = by_opencv(net, shapes, winograd)
            cells += [(error(found[executor], opencv), net.float_bound)
                      for executor in ("oracle", "fast")]
            verdicts.append(is_equal(opencv, net, work))
    good = all(value <= bound for value, bound in cells) and all(verdicts)
    columns = [f"{value:10.1e}" for value, _ in cells] + [f"{'-':>10}"] * (6 - len(cells))
    words = "/".join("EQUAL" if equal else "NOT EQUAL" for equal in verdicts) or "-"
    return (f"{net.name:{WIDTH}} {len(reference) - 1:6} {' '.join(columns)} {words:>13}"
            f"  {'good' if good else 'MISSED'}"), good


def fail(reason: str) -> NoReturn:
    print(f"interop: {reason}", file=sys.stderr)
    sys.exit(66)


def main() -> None:
    for name in ("resnet-convert", "resnet-verify"):
        if not (TOOLS / name).exists():
            fail(f"no {name} in {TOOLS}: swift build -c release makes it")
    if DATA and not (Path(DATA) / "caffe-msra").is_dir():
        fail(f"RESNET_TOOLKIT_DATA={DATA}: no folder caffe-msra in it")
    print(f"bounds: oracle to float64 {ORACLE_BOUND}, others {FLOAT_BOUND}; for definitions by "
          f"others {DEEP_ORACLE_BOUND} and {DEEP_FLOAT_BOUND}\n")
    executors = f"{'oracle':>10} {'fast':>10}"
    print(f"{'':{WIDTH}} {'':6} {'to float64':>21} {'to OpenCV':>21} {'with Winograd':>21} "
          f"{'resnet-verify':>13}\n"
          f"{'net':{WIDTH}} {'values':>6} {executors} {executors} {executors} {'off/on':>13}")
    nets = witnessed = missed = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        foreign = foreign_nets(Path(DATA) / "caffe-msra", work) if DATA else ()
        for net in chain(fixture_nets(), foreign):
            line, good = row(net, work)
            print(line, flush=True)
            nets += 1
            witnessed += net.opencv != ""
            missed += not good
    if not DATA:
        print("RESNET_TOOLKIT_DATA is not set: no definitions by others")
    print(f"{nets} nets, {witnessed} of them by OpenCV too, with Winograd off and on: "
          + (f"{missed} miss a bound" if missed else "all bounds hold"))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
