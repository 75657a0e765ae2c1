"""Files of Keras that we write for Caffe, in OpenCV: `./run interop`.

Each model goes from Keras' file to Caffe's files in one command. OpenCV must load them and compute
what Keras did: the arrays beside the models of fixtures/keras. More can be named:
interop_keras_caffe.py MODEL ARRAYS.npz ..., with the array `logits64` in float64, what enters the
softmax. These must load as they are written; of the fixtures the words are changed that OpenCV has
others for. An error is the largest difference divided by the largest magnitude, of logits the
difference alone.

Exit codes: 0 all bounds hold, 1 one is missed or something does not load, 66 no tools.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interop import FIXTURES, TOOLS, WIDTH, Refusal, caffe_schema, error, fail, opencv_caffe, tool

OUTPUT_BOUND = 5e-6  # both compute in float32
LOGIT_BOUND = 5e-4

# What Caffe has no layer for, in the words of the refusal.
REFUSED = {
    "layers/activations": "relu_all: Caffe has no rectifier with both a slope and a cap",
    "layers/pooling": "average_same: Caffe's pooling has no such windows",
    "layers/rearranging": "turned: Caffe has no layer that exchanges axes",
    **{name: "Caffe has no layer that exchanges axes" for name in (
        "lines/reshaped", "lines/residual", "operators/attention", "operators/pieces",
        "operators/tf-attention", "operators/tf-pieces")},
}
# A layer that Caffe has since 2018, and OpenCV does not.
UNKNOWN_TO_OPENCV = {
    "operators/arithmetic": 'of type "Clip"', "operators/tf-arithmetic": 'of type "Clip"'}


@dataclass(frozen=True)
class Model:
    name: str
    files: tuple[Path, ...]
    arrays: dict[str, np.ndarray]
    is_fixture: bool = True

    @property
    def options(self) -> tuple[str, ...]:
        """The size of the image, which weights without a definition do not tell."""
        if not self.name.startswith("inferred/"):
            return ()
        batch, height, width, channels = self.arrays["input"].shape
        return ("--input-shape", f"{batch},{channels},{height},{width}")


def fixture_models() -> Iterator[Model]:
    """A file of each network that has golden values."""
    folder = FIXTURES / "keras"
    for path in sorted(folder.glob("*/*.npz")):
        # Files of the first versions have their definition beside them; later ones hold it.
        files = [file for suffix in (".keras", ".h5") if (file := path.with_suffix(suffix)).exists()]
        if not files:
            continue  # weights alone, in shards or within another model
        definition = [path.with_suffix(".json")] if path.parent.name == "old" else []
        yield Model(f"{path.parent.name}/{path.stem}",
                    (files[0], *(file for file in definition if file.exists())),
                    dict(np.load(path)))


def channels_first(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An array of Keras as Caffe has it; a line of samples is an image of one row."""
    if array.ndim == 3 and len(shape) == 4:
        array = array[:, np.newaxis]
    if array.shape[1:] != shape[1:] and array.ndim == 4:
        array = array.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(array, dtype=np.float32)


def load(definition: str, caffemodel: Path) -> opencv_caffe.cv2.dnn.Net:
    """The net in OpenCV, which reads no blobs of doubles."""
    weights = caffe_schema.NetParameter.FromString(caffemodel.read_bytes())
    for blob in (blob for layer in weights.layer for blob in layer.blobs if blob.double_data):
        blob.data.extend(np.float32(blob.double_data))
        blob.ClearField("double_data")
    return opencv_caffe.load(definition, weights)


def outputs(model: Model, files: tuple[Path, Path]) -> dict[str, float]:
    """The error of each value that nobody reads, and of what enters a softmax if that is known."""
    text = files[0].read_text()
    definition = caffe_schema.parse(text)
    engine = load(opencv_caffe.in_its_words(text) if model.is_fixture else text, files[1])
    inputs = [layer for layer in definition.layer if layer.type == "Input"]
    for layer in inputs:
        values = model.arrays["input" if len(inputs) == 1 else layer.name]
        shape = tuple(layer.input_param.shape[0].dim)
        opencv_caffe.set_inputs(engine, {layer.top[0]: channels_first(values, shape)})
    read = {bottom for layer in definition.layer for bottom in layer.bottom}
    errors = {}
    for layer in definition.layer:
        if layer.top[0] in read or layer.type == "Input":
            continue
        found = engine.forward(layer.name)
        expected = model.arrays.get(layer.name, model.arrays["output"])
        errors[layer.name] = error({"": found}, {"": channels_first(expected, found.shape)})
        if layer.type == "Softmax" and "logits64" in model.arrays:
            before = [other.name for other in definition.layer if layer.bottom[0] in other.top][-1]
            logits = engine.forward(before)
            errors["logits"] = float(np.abs(logits - model.arrays["logits64"]).max())
    return errors


def row(model: Model, work: Path) -> tuple[str, bool]:
    """The line of a model, and whether it holds."""
    files = (work / "net.prototxt", work / "net.caffemodel")
    try:
        tool("resnet-convert", *model.files, "-o", files[0], "-o", files[1], "--force",
             *model.options)
    except Refusal as refusal:
        expected = REFUSED.get(model.name)
        good = expected is not None and expected in str(refusal) and "exit 65" in str(refusal)
        return f"{model.name:{WIDTH}} refused: {expected if good else refusal}", good
    try:
        errors = outputs(model, files)
    except opencv_caffe.Error as reason:
        expected = UNKNOWN_TO_OPENCV.get(model.name)
        if expected is not None and expected in str(reason):
            return f"{model.name:{WIDTH}} OpenCV has no layer {expected}", True
        return f"{model.name:{WIDTH}} {str(reason).strip().splitlines()[-1]}", False
    good = model.name not in REFUSED and bool(errors) and all(
        value <= (LOGIT_BOUND if name == "logits" else OUTPUT_BOUND)
        for name, value in errors.items())
    cells = "  ".join(f"{name} {value:.1e}" for name, value in errors.items())
    return f"{model.name:{WIDTH}} {cells}", good


def main() -> None:
    if not (TOOLS / "resnet-convert").exists():
        fail(f"no resnet-convert in {TOOLS}: swift build -c release makes it")
    named = [Path(argument) for argument in sys.argv[1:]]
    if len(named) % 2:
        fail("expected MODEL ARRAYS.npz for each model")
    own = [Model(path.name, (path,), dict(np.load(arrays)), is_fixture=False)
           for path, arrays in zip(*[iter(named)] * 2)]
    print("\nFiles of Keras that we write for Caffe, in OpenCV")
    models = missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for model in own or fixture_models():
            line, good = row(model, Path(folder))
            print(line if good else f"{line}  MISSED", flush=True)
            models += 1
            missed += not good
    print(f"{models} models: " + (f"{missed} missed" if missed else "all as Keras computes them"))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
