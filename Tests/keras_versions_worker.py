"""What one version of Keras writes, and what it reads; run in its environment by interop_keras_versions.

    keras_versions_worker.py make FOLDER MODEL...     each model in every form, its input and its outputs
    keras_versions_worker.py check FOLDER MODEL...    what was written of each model, opened and run

A line of JSON for each thing: the model, the form, and the fault or the error.
"""

import json
import logging
import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# The same sums in the same order on any processor.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow

import keras

VERSION = keras.__version__
IS_SECOND = VERSION.startswith("2.")
if IS_SECOND:
    from tensorflow import keras

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "fixtures" / "keras"))

import networks

SIDE = 64  # of the images of keras.applications: the least that leaves every stage more than a pixel


def sequential(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((13, 13, 3), name="image"), layers.Conv2D(4, 3, strides=2, name="conv"),
        layers.BatchNormalization(name="norm"), layers.ReLU(name="relu"),
        layers.Conv2D(6, 3, padding="same", use_bias=False, name="again"),
        layers.MaxPooling2D(2, name="pool"), layers.Flatten(name="flat"), layers.Dropout(0.3),
        layers.Dense(5, activation="softmax", name="classes")], name="sequential")


def functional(keras):
    layers = keras.layers
    x = image = keras.Input((12, 12, 3), name="image")
    for unit, channels in enumerate((4, 6), 1):
        shortcut = layers.Conv2D(channels, 1, strides=unit, name=f"shortcut{unit}")(x)
        shortcut = layers.BatchNormalization(name=f"shortcut{unit}_norm")(shortcut)
        y = layers.Conv2D(channels, 3, strides=unit, padding="same", name=f"first{unit}")(x)
        y = layers.Activation("relu")(layers.BatchNormalization(scale=False)(y))
        y = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=f"second{unit}")(y)
        y = layers.BatchNormalization(epsilon=1.001e-5)(y)
        x = layers.ReLU()(layers.Add()([shortcut, y]))
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, layers.Dense(5, name="logits")(x), name="functional")


def resnet50(keras):
    return keras.applications.ResNet50(weights=None, input_shape=(SIDE, SIDE, 3), classes=10)


def resnet50_v2(keras):
    return keras.applications.ResNet50V2(weights=None, input_shape=(SIDE, SIDE, 3), classes=10)


def transfer(keras):
    """A published network without its head as a layer, as every tutorial has it."""
    base = keras.applications.ResNet50V2(
        weights=None, input_shape=(SIDE, SIDE, 3), include_top=False)
    base.trainable = False
    x = image = keras.Input((SIDE, SIDE, 3), name="image")
    x = keras.layers.GlobalAveragePooling2D(name="mean")(base(x, training=False))
    return keras.Model(image, keras.layers.Dense(3, name="classes")(x), name="transfer")


# Those whose layers are laid open when they are written: weights come in another order.
NESTED = (networks.eras, networks.shared, networks.shared_with_chain, networks.shared_with_nested,
          transfer)
MODELS = {make.__name__: make for make in (
    sequential, functional, networks.convolutions, networks.pooling, *NESTED[:-1], resnet50,
    resnet50_v2, transfer)}


def randomize(model) -> None:
    """Seeded weights, as after training: variances of a size with the sums that they scale."""
    generator = np.random.default_rng(7)
    values = []
    for variable, value in zip(model.weights, model.get_weights()):
        name = getattr(variable, "path", variable.name)
        noise = generator.standard_normal(value.shape)
        if "variance" in name:
            noise = generator.uniform(0.5, 1.5, value.shape)
        elif "gamma" in name:
            noise = 1 + 0.1 * noise
        elif value.ndim > 1:
            noise = noise / np.sqrt(np.prod(value.shape[:-1]))
        else:
            noise = 0.1 * noise
        values.append(noise.astype(value.dtype))
    model.set_weights(values)


def predict(model, image) -> np.ndarray:
    return np.asarray(model(image, training=False))


def make(name: str, folder: Path) -> None:
    model = MODELS[name](keras)
    randomize(model)
    generator = np.random.default_rng(8)
    image = generator.standard_normal((2, *model.inputs[0].shape[1:])).astype(np.float32)
    output = predict(model, image)
    np.savez(folder / f"{name}.io.npz", input=image, output=output)
    np.savez(folder / f"{name}.input.npz", input=image.transpose(0, 3, 1, 2))
    np.savez(folder / f"{name}.weights.npz",
             **{f"{i:04}": value for i, value in enumerate(model.get_weights())})
    # 2.12 writes HDF5 under this name, too, unless it is told otherwise.
    options = {"save_format": "keras_v3"} if VERSION.startswith("2.12") else {}
    for form, save in (("h5", model.save), ("keras", lambda path: model.save(path, **options)),
                       ("weights.h5", model.save_weights)):
        path = folder / f"{name}.{form}"
        try:
            save(path)
        except Exception as failure:  # some cannot write every model
            path.unlink(missing_ok=True)
            say(model=name, form=form, way="made", fault=fault(failure))
    # Beside the weights alone.
    (folder / f"{name}.json").write_text(model.to_json())
    for form in ("h5", "keras"):
        path = folder / f"{name}.{form}"
        if not path.exists():
            continue
        try:
            again = predict(keras.models.load_model(path, compile=False), image)
            if again.tobytes() != output.tobytes():
                say(model=name, form=form, way="own", fault="computes other numbers")
        except Exception as failure:  # some cannot read all that they write
            say(model=name, form=form, way="own", fault=fault(failure))


def error(found: np.ndarray, expected: np.ndarray) -> float:
    if found.shape != expected.shape:
        return float("inf")
    difference = np.abs(found.astype(np.float64) - expected).max()
    return float(np.nan_to_num(difference / (np.abs(expected).max() or 1), nan=np.inf))


def opened(path: Path, name: str, folder: Path):
    if not path.name.endswith(".weights.h5"):
        return keras.models.load_model(path, compile=False)
    # The same layers from the form that every version opens, and then none of its weights.
    model = keras.models.load_model(folder / f"{name}.written.h5", compile=False)
    model.set_weights([np.full_like(value, np.nan) for value in model.get_weights()])
    model.load_weights(path)
    return model


def check_written(path: Path, name: str, folder: Path, arrays) -> dict:
    """Whether a file of ours opens, with the same weights and the same outputs."""
    model = opened(path, name, folder)
    found = [value.tobytes() for value in model.get_weights()]
    stored = np.load(folder / f"{name}.weights.npz")
    expected = [stored[key].tobytes() for key in stored]
    if MODELS[name] in NESTED:
        # A layer in two models is written twice by some.
        found, expected = sorted(set(found)), sorted(set(expected))
    return {"error": error(predict(model, arrays["input"]), arrays["output"]),
            "bits": found == expected}


def check(name: str, folder: Path) -> None:
    arrays = np.load(folder / f"{name}.io.npz")
    for path in sorted(folder.glob(f"{name}.*.values.npz")):
        form = path.name[len(name) + 1:-len(".values.npz")]
        found = np.load(path)["output"]
        found = found.transpose(0, 2, 3, 1) if found.ndim == 4 else found
        say(model=name, form=form, way="read", error=error(found, arrays["output"]))
    for form in ("h5", "keras", "weights.h5"):
        path = folder / f"{name}.written.{form}"
        if not path.exists():
            continue
        try:
            say(model=name, form=form, way="written", **check_written(path, name, folder, arrays))
        except Exception as failure:  # anything a framework throws at what we wrote
            if os.environ.get("TRACE"):
                traceback.print_exc()
            say(model=name, form=form, way="written", fault=fault(failure))


def fault(failure: Exception) -> str:
    return f"{type(failure).__name__}: {' '.join(str(failure).split())[:300]}"


def say(**facts) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    command, folder, *names = sys.argv[1:]
    if not IS_SECOND:
        logging.getLogger("absl").setLevel(logging.ERROR)  # that HDF5 is not its favourite form
    tensorflow.get_logger().setLevel(logging.ERROR)
    say(version=VERSION)
    if command == "list":
        say(models=list(MODELS))
    for name in names if command != "list" else ():
        keras.backend.clear_session()
        {"make": make, "check": check}[command](name, Path(folder))


if __name__ == "__main__":
    main()
