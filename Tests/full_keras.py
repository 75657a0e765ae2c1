"""ResNet50, ResNet50V2, ResNet101 and a ResNet-1202 of Keras: parity, speed, memory, the way back.

usage: ./run full-keras [--models DIR] [NAME ...]    (DIR: an absolute path)

DIR holds what fixtures/fullsize/make_keras.py makes; without it that makes them in .build/full-keras.
Exits with 1 if any figure misses its bound.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import interop_keras
import keras
import numpy as np
import tf_keras
from measuring import ROOT, check, conversion, convert_sampled, tool, verdict

# What enters the last softmax, and how far the executor's may be from float64.
LOGITS = {
    "ResNet50": ("predictions/linear", 5e-5), "ResNet50V2": ("predictions/linear", 2e-4),
    "ResNet101": ("predictions/linear", 5e-4), "ResNet1202": ("dense/linear", 5e-4),
}


def parity(name: str, model: Path, golden: Path, work: Path) -> None:
    """Logits against Keras in float64, by both executors."""
    layer, bound = LOGITS[name]
    expected = np.load(golden)["logits64"]
    for executor in ["fast", "oracle"]:
        values = work / "values.npz"
        tool("resnet-verify", "run", model, "--input", golden, "-o", values, "--layers", layer,
             "--executor", executor, "--threads", 2, "--force")
        error = float(np.abs(np.load(values)[layer] - expected).max())
        if executor == "fast":
            check("logits, fast executor, max |error|", error, bound)
        else:
            relative = error / float(np.abs(expected).max())
            check("logits, oracle, max relative error", relative, 1e-9)


def same_models(model: Path, folder: Path, name: str, work: Path) -> None:
    """Every form the same network was saved in gives the same weights."""
    different = 0
    for end in [".weights.h5", ".keras", "-tf.h5", "-tf-only.h5"]:
        # A stack of 1202 layers with automatic names cannot be told from its weights.
        if name == "ResNet1202" and end in (".weights.h5", "-tf-only.h5"):
            continue
        other = work / "other.resnet"
        tool("resnet-convert", folder / f"{name}{end}", "-o", other, "--force")
        report = json.loads(tool("resnet-verify", model, other, "--json").stdout)
        different += len(report["weightDifferences"])
        other.unlink()
    check("weights that differ between the forms Keras saves", different, 0)


def loading(source: Path, work: Path) -> None:
    """Seconds to convert, and for Keras to load the same file; the fastest of three."""
    ours, theirs = [], []
    for _ in range(3):
        output = work / "model.resnet"
        output.unlink(missing_ok=True)
        ours.append(convert_sampled("keras-to-native", source, "-o", output)[0])
        start = time.perf_counter()
        keras.saving.load_model(source, compile=False)
        theirs.append(time.perf_counter() - start)
    print(f"  keras-to-native {min(ours):.2f} s, keras.saving.load_model {min(theirs):.2f} s: "
          f"{min(theirs) / min(ours):.1f} times as long")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(LOGITS))
    arguments = parser.parse_args()
    names = arguments.names or list(LOGITS)
    folder = arguments.models
    if folder is None:
        folder = ROOT / ".build/full-keras"
        maker = ROOT / "fixtures/fullsize/make_keras.py"
        subprocess.run([sys.executable, maker, folder, *names], check=True)
    work = ROOT / ".build/full-keras-work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    round_trips = interop_keras.Report()
    for name in names:
        print(name, flush=True)
        source, golden = folder / f"{name}.h5", folder / f"golden/{name}.npz"
        if name == "ResNet1202":
            model = work / "model.resnet"
            runs = []
            for _ in range(3):
                model.unlink(missing_ok=True)
                runs.append(convert_sampled("keras-to-native", source, "-o", model))
            check("keras-to-native, .h5, fastest of 3", min(seconds for seconds, _ in runs), 2, " s")
            check("its peak RssAnon", max(anonymous for _, anonymous in runs) / 1e6, 100, " MB")
        else:
            # In smaller files, what does not depend on the size counts.
            bound = 3 if name == "ResNet101" else 4
            model = conversion(source, work, "keras-to-native", source, bound=bound)
            loading(source, work)
        parity(name, model, golden, work)
        same_models(model, folder, name, work)
        original = keras.saving.load_model(source, compile=False)
        older = tf_keras.models.load_model(folder / f"{name}-tf.h5", compile=False)
        interop_keras.check_round_trip(
            "  written again", source, original, work, round_trips, older)
        model.unlink()
    check("networks that come back to Keras changed", round_trips.failures, 0)
    shutil.rmtree(work)
    sys.exit(verdict())


if __name__ == "__main__":
    main()
