"""One fingerprint for every copy of a trained net: `./run interop fingerprint`.

The ResNet-20 of RESNET_TOOLKIT_DATA, weights and definition by Keras 2.1, is saved again by tf_keras 2
and by Keras 3 as .h5, .keras and weights with .json, and by resnet-convert for Caffe, ONNX, Keras and
natively. All have the fingerprint of the original, which schemas/fingerprint.py computes too; a copy
rounded to float16, one weight that is the next number, another stride and exchanged layers have
others. RESNET_TOOLKIT_BIN names the folder of the tools, if it is not .build/release. Needs
tensorflow-cpu, keras, tf_keras, h5py.

Exit codes: 0 all is so, 1 something is not, 66 no tools or no data.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import h5py
import keras
import numpy as np
import tf_keras

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build" / "release"))
DATA = Path(os.environ.get("RESNET_TOOLKIT_DATA", "")) / "keras-cifar"


def run(*words: object) -> str:
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]}: {done.stderr.strip()}")
    return done.stdout


def fingerprint(*files: Path) -> str:
    return json.loads(run(TOOLS / "resnet-inspect", "fingerprint", "--json", *files))["fingerprint"]


def saved(model, name: str, folder: Path) -> list[tuple[str, list[Path]]]:
    """The model in the three forms of its Keras."""
    forms = []
    for suffix in ("h5", "keras"):
        model.save(folder / f"{name}.{suffix}")
        forms.append((f"{name} .{suffix}", [folder / f"{name}.{suffix}"]))
    model.save_weights(folder / f"{name}.weights.h5")
    (folder / f"{name}.json").write_text(model.to_json())
    forms.append((f"{name} weights and .json", [folder / f"{name}.weights.h5", folder / f"{name}.json"]))
    return forms


def converted(original: list[Path], folder: Path) -> list[tuple[str, list[Path]]]:
    forms = []
    for names in (["n.resnet"], ["n.onnx"], ["n.keras"], ["n.h5"], ["n.prototxt", "n.caffemodel"]):
        outputs = [folder / name for name in names]
        run(TOOLS / "resnet-convert", *original, *(w for o in outputs for w in ("-o", o)))
        forms.append((f"resnet-convert {' '.join(names)}", outputs))
    return forms


def changed(original: list[Path], folder: Path) -> list[tuple[str, list[Path]]]:
    """Copies that compute something else."""
    weights, definition = original
    forms = []

    def weight_file(name, change):
        file = folder / f"{name}.h5"
        file.write_bytes(weights.read_bytes())
        with h5py.File(file, "r+") as opened:
            opened.visititems(lambda key, item: change(key, item) if isinstance(item, h5py.Dataset) else None)
        forms.append((name, [file, definition]))

    def next_number(key, item):
        if key.endswith("conv2d_9/kernel:0"):
            numbers = item[...]
            numbers.flat[100] = np.nextafter(numbers.flat[100], np.float32(np.inf))
            item[...] = numbers

    weight_file("rounded to float16", lambda key, item: item.__setitem__(
        ..., item[...].astype(np.float16).astype(np.float32)))
    weight_file("one weight is the next number", next_number)

    def definition_file(name, change):
        content = json.loads(definition.read_text())
        change({layer["name"]: layer for layer in content["config"]["layers"]})
        file = folder / f"{name}.json"
        file.write_text(json.dumps(content))
        forms.append((name, [weights, file]))

    def other_stride(layers):
        # All values behind the second pair keep their shapes.
        for names, stride in ((("conv2d_8", "conv2d_10"), 1), (("conv2d_15", "conv2d_17"), 4)):
            for name in names:
                layers[name]["config"]["strides"] = [stride, stride]

    def exchanged(layers):
        # Two residual units of one shape: their first convolutions read each other's input.
        a, b = layers["conv2d_4"], layers["conv2d_6"]
        weights = {n: l["config"] for n, l in layers.items()}
        assert weights["conv2d_4"]["filters"] == weights["conv2d_6"]["filters"]
        a["name"], b["name"] = b["name"], a["name"]
        a["config"]["name"], b["config"]["name"] = a["name"], b["name"]
        for layer in layers.values():
            for node in layer["inbound_nodes"]:
                for edge in node:
                    edge[0] = {"conv2d_4": "conv2d_6", "conv2d_6": "conv2d_4"}.get(edge[0], edge[0])

    definition_file("another stride", other_stride)
    definition_file("exchanged layers", exchanged)
    return forms


def main() -> int:
    original = [DATA / "ResNet20.h5", DATA / "ResNet20.json"]
    if not (TOOLS / "resnet-inspect").exists() or not original[0].exists():
        print("needs the tools and RESNET_TOOLKIT_DATA", file=sys.stderr)
        return 66
    failures = 0
    expected = fingerprint(*original)
    print(f"{expected}  {original[0].name}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = tf_keras.models.model_from_json(original[1].read_text())
        old.load_weights(original[0])
        equal = saved(old, f"tf_keras {tf_keras.__version__}", folder)
        equal += converted(original, folder)
        new = keras.models.load_model(folder / "n.keras", compile=False)
        equal += saved(new, f"Keras {keras.__version__}", folder)
        others = changed(original, folder)
        for is_equal, forms in ((True, equal), (False, others)):
            for form, files in forms:
                is_good = (fingerprint(*files) == expected) == is_equal
                failures += not is_good
                print(f"{'ok  ' if is_good else 'FAIL'}  {'the same' if is_equal else 'another'}: {form}",
                      flush=True)
        program = run(sys.executable, ROOT / "schemas" / "fingerprint.py", folder / "n.resnet").strip()
        failures += program != expected
        print(f"{'ok  ' if program == expected else 'FAIL'}  the same: schemas/fingerprint.py")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
