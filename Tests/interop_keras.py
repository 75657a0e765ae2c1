"""What resnet-convert writes for Keras, opened by Keras 3 and tf_keras 2.

Caffe's nets of fixtures/ and, if RESNET_TOOLKIT_DATA names the folder of real model files, those of
its caffe-v1: each form that is written loads, and predicts what our float64 oracle computes. Small
models made here by Keras itself go to the native format and back: the weights are the same bits, and
the predictions agree. `--full PROTOTXT CAFFEMODEL GOLDEN` adds a large net with its probabilities in
float64, the array output64 of an .npz; `--keras FILE...` adds files of Keras to the round trips.
An error is the largest difference divided by the largest magnitude. RESNET_TOOLKIT_BIN names the
folder of the tools, if it is not .build/release. Needs tensorflow-cpu, keras, tf_keras, h5py.

Exit codes: 0 all bounds hold, 1 one is missed or something does not load, 66 no tools.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# The same sums in the same order on any processor.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tf_keras
from keras_networks import MAKERS, randomize

# Keras walks a model by recursion, one call a layer.
sys.setrecursionlimit(100_000)

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
TOOLS = Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build" / "release"))
DATA = os.environ.get("RESNET_TOOLKIT_DATA")

FORMS = ("h5", "weights.h5", "keras")
# Both compute in float32; some cases cancel, and sum thousands of products.
FLOAT_BOUND = 2e-6
ROUND_TRIP_BOUND = 1e-6
PROBABILITY_BOUND = 1e-5

# What Keras has no layer for, in the words of the refusal.
REFUSED = {
    "bias-two-axes": "adds a constant of [5, 7]",
    **dict.fromkeys(("dialect-v0", "lrn-across", "lrn-across-k", "lrn-within", "lrn-within-k"),
                    "local response normalization"),
    "pooling-max-pad-clipped": "pads no maximum pooling",
    **dict.fromkeys(("power-root", "power-square", "power-zero"), "computes powers"),
    "scale-last-axis": "by a constant of [7]",
    "scale-second-input-bias": "multiplies two values and adds",
    "scale-two-axes": "by a constant of [3, 5]",
}


class Refusal(Exception):
    """What a tool said when it failed."""


@dataclass
class Report:
    """Counts and the largest error of each kind of comparison."""
    failures: int = 0

    def line(self, name: str, result: str, is_good: bool) -> None:
        self.failures += not is_good
        print(f"{'ok  ' if is_good else 'FAIL'}  {name:44} {result}", flush=True)


def tool(name: str, *arguments: object) -> str:
    done = subprocess.run([str(TOOLS / name), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Refusal(f"{done.stderr.strip() or name}; exit {done.returncode}")
    return done.stdout


def error(found: np.ndarray, expected: np.ndarray) -> float:
    if found.shape != expected.shape:
        return float("inf")
    scale = np.abs(expected).max(initial=0) or 1
    # Equal where both are the same infinity or no number at all.
    difference = np.where(found == expected, 0, found.astype(np.float64) - expected)
    both = np.isnan(found) & np.isnan(expected)
    return float(np.abs(np.where(both, 0, difference)).max(initial=0) / scale)


def channels_last(array: np.ndarray) -> np.ndarray:
    return array.transpose(0, 2, 3, 1) if array.ndim == 4 else array


def run(model, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs; of images their channels are last."""
    outputs = model([channels_last(x).astype(np.float32) for x in inputs], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [np.asarray(output) for output in outputs]


def write_forms(source: list[Path], work: Path) -> dict[str, Path]:
    paths = {form: work / f"written.{form}" for form in FORMS}
    for path in paths.values():
        tool("resnet-convert", *source, "-o", path, "--force")
    return paths


def loaded(paths: dict[str, Path]) -> Iterator[tuple[str, object]]:
    """The models that each form gives in each Keras."""
    archive = keras.saving.load_model(paths["keras"])
    yield "keras", archive
    yield "h5", keras.saving.load_model(paths["h5"])
    yield "h5, tf_keras", tf_keras.models.load_model(paths["h5"], compile=False)
    weights = keras.models.clone_model(archive)
    weights.set_weights([np.full_like(w, np.nan) for w in weights.get_weights()])
    weights.load_weights(paths["weights.h5"])
    yield "weights.h5", weights


def same_weights(left, right) -> bool:
    left, right = left.get_weights(), right.get_weights()
    return len(left) == len(right) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(left, right))


# --- Caffe's nets


@dataclass(frozen=True)
class CaffeNet:
    name: str
    files: list[Path]
    input: Path


def caffe_nets() -> Iterator[CaffeNet]:
    digits = FIXTURES / "digits"
    yield CaffeNet("digits", [digits / "digits-resnet.prototxt", digits / "digits-resnet.caffemodel"],
                   digits / "digits-golden-layers.npz")
    for path in sorted((FIXTURES / "layers").glob("*.npz")):
        files = [path.with_suffix(".prototxt"), path.with_suffix(".caffemodel")]
        yield CaffeNet(path.stem, [file for file in files if file.exists()], path)
    if DATA:
        folder = Path(DATA) / "caffe-v1"
        for name, weights in (("lenet", "lenet_iter_10000"),
                              ("cifar10_quick", "cifar10_quick_iter_5000")):
            golden = folder / "golden" / f"{name}.npz"
            files = [folder / f"{name}.prototxt", folder / f"{weights}.caffemodel"]
            yield CaffeNet(name, files, golden)


def reading_options(net: CaffeNet) -> list[str]:
    """The shape of the image, for a definition that gives none or another one; what else it needs."""
    if net.name == "fork-extra-weights":
        return ["--ignore-extra-weights"]
    is_transposed = net.name == "dialect-column-major"
    if not is_transposed and net.name not in ("dialect-input-name", "dialect-input-none"):
        return []
    shape = ",".join(map(str, np.load(net.input)["input"].shape))
    return ["--input-shape", shape, *["--column-major-kernels"] * is_transposed]


def check_caffe(net: CaffeNet, work: Path, report: Report) -> None:
    native, values, receipt = work / "n.resnet", work / "values.npz", work / "receipt.json"
    options = reading_options(net)
    tool("resnet-convert", *net.files, "-o", native, "--force", *options)
    tool("resnet-verify", "run", native, "--input", net.input, "-o", values, "--executor", "oracle",
         "--layers", "all", "--force")
    expected = dict(np.load(values))
    arrays = dict(np.load(net.input))
    reason = REFUSED.get(net.name)
    try:
        paths = write_forms([native], work)
    except Refusal as refusal:
        is_expected = reason is not None and reason in str(refusal) and "exit 65" in str(refusal)
        report.line(net.name, f"refused: {str(refusal).split('.resnet: ')[-1][:110]}", is_expected)
        return
    if reason:
        return report.line(net.name, "is written, where a refusal was expected", False)
    if any(file.suffix == ".caffemodel" for file in net.files):
        archive = work / "receipt.keras"
        tool("resnet-convert", *net.files, "-o", archive, "--receipt", receipt, "--force",
             *options)
        tool("resnet-verify", "receipt", receipt, "--sources", net.files[0].parent, *options)
    errors = {}
    reference = None
    for form, model in loaded(paths):
        names = [name.split(":")[0] for name in model.input_names] if hasattr(
            model, "input_names") else [i.name for i in model.inputs]
        inputs = [arrays["input"]] if "input" in arrays else [arrays[name] for name in names]
        outputs = run(model, inputs)
        wanted = [expected["output"]] if len(outputs) == 1 else [
            expected[name] for name in model.output_names]
        errors[form] = max(error(found, channels_last(value))
                           for found, value in zip(outputs, wanted))
        reference = reference or model
        if not same_weights(model, reference):
            errors[form] = float("nan")
    text = "  ".join(f"{form} {value:.1e}" for form, value in errors.items())
    report.line(net.name, text, all(value <= FLOAT_BOUND for value in errors.values()))


def check_full(files: list[Path], golden: Path, work: Path, report: Report) -> None:
    paths = write_forms(files, work)
    arrays = np.load(golden)
    expected = arrays["output64"]
    for form, model in loaded(paths):
        found = run(model, [arrays["input"]])[0].reshape(expected.shape)
        difference = float(np.abs(found - expected).max())
        report.line(f"{files[0].stem}, {form}", f"probabilities differ by {difference:.1e}",
                    difference <= PROBABILITY_BOUND)


# --- Keras' own models


def keras_models(work: Path) -> Iterator[tuple[str, Path, object]]:
    for make in MAKERS:
        for library, suffix in ((keras, "keras"), (keras, "h5"), (tf_keras, "h5")):
            library.backend.clear_session()
            model = make(library)
            randomize(model)
            path = work / f"{make.__name__}.{suffix}"
            model.save(path)
            yield f"{make.__name__}.{suffix} of {library.__name__}", path, model


def check_structure(paths: dict[str, Path], model) -> tuple[list[str], bool]:
    """Whether a model is known again: its layers with weights, and the model itself loads them."""
    def weighted(model) -> list[tuple[str, str]]:
        return [(type(layer).__name__, layer.name) for layer in model.layers if layer.weights]

    if any(isinstance(layer, keras.Model) for layer in model.layers):
        return ["nested"], True
    if weighted(keras.saving.load_model(paths["keras"])) != weighted(model):
        return ["OTHER LAYERS"], False
    weights = model.get_weights()
    model.set_weights([np.full_like(w, np.nan) for w in weights])
    model.load_weights(paths["weights.h5"])
    if any(a.tobytes() != b.tobytes() for a, b in zip(weights, model.get_weights())):
        model.set_weights(weights)
        return ["THE MODEL LOADS OTHER WEIGHTS"], False
    return [], True


def check_round_trip(name: str, path: Path, model, work: Path, report: Report,
                     older: object = None) -> None:
    """A file of Keras, read as model, to the native format and back.

    Both versions of Keras round in their own ways: older, if given, is the model of tf_keras that
    its copy is compared with.
    """
    native = work / "n.resnet"
    tool("resnet-convert", path, "-o", native, "--force")
    paths = write_forms([native], work)
    generator = np.random.default_rng(6)
    inputs = [generator.standard_normal((2, *x.shape[1:])).astype(np.float32) for x in model.inputs]
    as_list: Callable = lambda x: x if isinstance(x, (list, tuple)) else [x]
    outputs: Callable = lambda m: [np.asarray(x) for x in as_list(m(inputs, training=False))]
    expected = outputs(model)
    expected_older = expected if older is None else outputs(older)
    results, is_good = [], True
    if isinstance(model, keras.Model):
        results, is_good = check_structure(paths, model)
    for form, copy in loaded(paths):
        found = outputs(copy)
        wanted = expected_older if isinstance(copy, tf_keras.Model) else expected
        worst = max(error(f.reshape(e.shape), e) for f, e in zip(found, wanted))
        bits = same_weights(copy, model)
        is_good &= bits and worst <= ROUND_TRIP_BOUND and len(found) == len(expected)
        results.append(f"{form} {worst:.1e}{'' if bits else ' OTHER WEIGHTS'}")
    report.line(name, "  ".join(results), is_good)


def operator_nets() -> Iterator[tuple[str, Path]]:
    """Functions instead of layers, preparation of images, and what only matters in training."""
    folder = FIXTURES / "keras" / "operators"
    for path in sorted([*folder.glob("*.keras"), *folder.glob("*.h5")]):
        yield f"operators/{path.name}", path


def check_operators(name: str, path: Path, work: Path, report: Report) -> None:
    """What the Keras that wrote a network computed, and what each Keras computes of what we make of it."""
    arrays = np.load(path.parent / f"{path.name.split('.')[0]}.npz")
    native = work / "n.resnet"
    tool("resnet-convert", path, "-o", native, "--force")
    try:
        paths = write_forms([native], work)
    except Refusal as refusal:
        is_expected = "arithmetic" in name and "computes powers" in str(refusal)
        report.line(name, f"refused: {str(refusal).split('.resnet: ')[-1][:110]}", is_expected)
        return
    errors = {}
    for form, model in loaded(paths):
        found = np.asarray(model(arrays["input"], training=False))
        errors[form] = error(found, arrays["output"])
        kept = {type(layer).__name__ for layer in model.layers}
        wanted = {"RandomFlip", "RandomZoom", "GaussianNoise", "SpatialDropout2D", "AlphaDropout"}
        if "training" in name and not wanted <= kept:
            errors[form] = float("nan")
    text = "  ".join(f"{form} {value:.1e}" for form, value in errors.items())
    report.line(name, text, all(value <= FLOAT_BOUND for value in errors.values()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", nargs=3, type=Path, metavar=("PROTOTXT", "CAFFEMODEL", "GOLDEN"))
    parser.add_argument("--keras", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument("--only", default="", help="nets whose names hold this text")
    arguments = parser.parse_args()
    if not (TOOLS / "resnet-convert").exists():
        print(f"no tools in {TOOLS}: swift build -c release", file=sys.stderr)
        return 66
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        checks = [(net.name, check_caffe, (net,)) for net in caffe_nets()]
        checks += [(name, check_round_trip, (name, path, model))
                   for name, path, model in keras_models(work)]
        checks += [(name, check_operators, (name, path)) for name, path in operator_nets()]
        for path in arguments.keras:
            checks.append((path.name, lambda path, *rest: check_round_trip(
                path.name, path, keras.saving.load_model(path, compile=False), *rest), (path,)))
        if arguments.full:
            *files, golden = arguments.full
            checks.append(("full", check_full, (files, golden)))
        for name, check, values in checks:
            if arguments.only not in name:
                continue
            try:
                check(*values, work, report)
            except Exception as failure:  # anything a framework throws at what we wrote
                report.line(name, f"{type(failure).__name__}: {' '.join(str(failure).split())[:300]}",
                            False)
    print(f"{report.failures} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
