"""resnet-run against Pillow, OpenCV, scikit-image, Keras and NumPy.

Sixty images and more of every kind are decoded and resized, and compared with Pillow (the same bytes), OpenCV
and scikit-image (within 1 of 255); hostile ones must end in one line after two seconds of computing and 256 MB at most. Ten crops
and several scales of a trained network are computed by NumPy in float64: within 1e-6. If
RESNET_TOOLKIT_DATA names the folder of real model files, trained networks of Keras are asked about its
photographs, and so is tf_keras or keras if it is installed here, through Pillow: the same classes, probabilities within 1e-5.
RESNET_TOOLKIT_BIN names the folder of the tools, if it is not .build/release. Needs fixtures/images/requirements.txt.

Exit codes: 0 all bounds hold, 1 one is missed, 66 no tools.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "fixtures" / "images"), str(ROOT / "schemas")]

import numpy as np
import read_native
from PIL import Image

TOOLS = Path(os.environ.get("RESNET_TOOLKIT_BIN", ROOT / ".build" / "release")).resolve()
DATA = os.environ.get("RESNET_TOOLKIT_DATA")
PLAIN = ("--preprocessing", "none", "--channel-order", "rgb")

failures = 0


def line(name: str, result: str, is_good: bool) -> None:
    global failures
    failures += not is_good
    print(f"{'ok  ' if is_good else 'FAIL'}  {name:44} {result}", flush=True)


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(TOOLS / "resnet-run"), *map(str, words)], capture_output=True, text=True)


def definition(folder: Path, width: int, height: int) -> Path:
    """A network without weights that reads images of that size."""
    path = folder / f"{width}x{height}.prototxt"
    path.write_text(
        f'name: "n" input: "data" input_shape {{ dim: 1 dim: 3 dim: {height} dim: {width} }}\n'
        'layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"\n'
        "  pooling_param { pool: AVE global_pooling: true } }\n")
    return path


def pixels(folder: Path, image: Path, width: int, height: int, *options: object) -> np.ndarray:
    """What enters a network of that input: [height, width, 3]."""
    output = folder / "out.npz"
    done = run(definition(folder, width, height), image, "-o", output, "--force", "--fit", "warp", *PLAIN, *options)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return np.load(output)["input"][0].transpose(1, 2, 0).astype(np.float64)


def check_images(folder: Path) -> None:
    import cv2
    from make import OPENCV, PILLOW, RESIZERS, decoded, resized
    from PIL import ImageOps
    from pictures import pictures

    count, worst = 0, dict.fromkeys(("decoded", "turned", "turned, OpenCV", *RESIZERS), 0.0)

    def compare(kind: str, found: np.ndarray, expected: np.ndarray, name: str) -> None:
        error = np.abs(found - expected.astype(np.float64)).max() if found.shape == expected.shape else np.inf
        worst[kind] = max(worst[kind], error)
        bound = 1 if kind in OPENCV or kind == "pycaffe" else 0
        if error > bound:
            line(f"{name}, {kind}", f"off by {error}", False)

    for name, data in pictures():
        path = folder / name
        path.write_bytes(data)
        expected = decoded(name, data)
        height, width = expected.shape[:2]
        count += 1
        compare("decoded", pixels(folder, path, width, height, "--exif", "ignore"), expected, name)
        if name.startswith("exif"):
            seen = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
            found = pixels(folder, path, seen.shape[1], seen.shape[0], "--exif", "apply")
            compare("turned", found, seen, name)
            compare("turned, OpenCV", found, cv2.imread(str(path))[..., ::-1] if name.endswith("jpg") else seen, name)
        for index, resizer in enumerate(RESIZERS):
            # Smaller, larger, one of each: another one for each image.
            size = [(32, 32), (width // 2 + 1, height // 2 + 1), (min(width, 90) + 7, min(height, 90) + 30),
                    (min(width, 90) + 9, height // 3 + 1)][(count + index) % 4]
            if resizer in PILLOW or resizer in OPENCV or resizer == "pycaffe":
                found = pixels(folder, path, *size, "--resizer", resizer, "--exif", "ignore")
                compare(resizer, found, resized(expected, resizer, size), f"{name} to {size}")
    for kind, error in worst.items():
        line(f"{count} images, {kind}", f"largest difference {error:.3g}", np.isfinite(error))


def computed() -> float:
    """Seconds that children have computed: what a busy machine does not change."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check_hostile(folder: Path) -> None:
    slowest = 0.0
    sound = {"bomb-text.png", "bomb-profile.png", "text-check.png", "bomb-pixels.png", "arithmetic.jpg"}
    net = definition(folder, 8, 8)
    cases = sorted((ROOT / "fixtures" / "images" / "hostile").iterdir())
    jpeg = (ROOT / "fixtures" / "images" / "pictures" / "rgb-progressive.jpg").read_bytes()
    start = jpeg.find(b"\xff\xda")
    end = next(i for i in range(start + 2, len(jpeg)) if jpeg[i] == 0xFF and jpeg[i + 1] >= 0xC0)
    made = {
        "scans.jpg": jpeg[:start] + jpeg[start:end] * 5000 + jpeg[end:],
        "large-interlaced-padded.png": (ROOT / "fixtures/images/hostile/large-interlaced.png").read_bytes() + bytes(200_000),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
        cases.append(folder / name)
    for path in cases:
        begin = computed()
        done = run(net, path, "--like", "keras", *PLAIN)
        seconds = computed() - begin
        slowest = max(slowest, seconds)
        lines = done.stderr.splitlines()
        is_good = done.returncode == 0 if path.name in sound else done.returncode in (65, 77) and len(lines) == 1
        is_good = is_good and seconds < 2
        if not is_good:
            line(path.name, f"exit {done.returncode}, {seconds:.2f} s: {done.stderr.strip()}", False)
    # Of any child, and of theirs.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    line(f"{len(cases)} hostile images", f"slowest {slowest:.2f} s computed, largest process {memory:.0f} MB", memory < 256)


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def check_looks(folder: Path) -> None:
    """Crops and scales of the trained network of fixtures/digits, whose values our oracle gives."""
    net = [ROOT / "fixtures/digits/digits-resnet.prototxt", ROOT / "fixtures/digits/digits-resnet.caffemodel"]
    image = ROOT / "fixtures/images/pictures/grey.jpg"
    options = ("--preprocessing", "none", "--like", "torchvision", "--side", "40", "--json", "--top", "10")

    def told(*words: object) -> np.ndarray:
        done = run(*net, image, *options, *words)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        best = json.loads(done.stdout)["best"]
        return np.array([b["probability"] for b in sorted(best, key=lambda b: b["class"])])

    def values(inputs: np.ndarray, layer: str) -> np.ndarray:
        np.savez(folder / "in.npz", input=inputs.astype(np.float32))
        subprocess.run([str(TOOLS / "resnet-verify"), "run", *map(str, net), "--input", str(folder / "in.npz"), "-o",
                        str(folder / "values.npz"), "--layers", layer, "--executor", "oracle", "--force"],
                       check=True, capture_output=True)
        return np.load(folder / "values.npz")[layer]

    # What enters the last pooling, and the matrix behind it.
    pool, size = "res4c_relu", 32
    subprocess.run([str(TOOLS / "resnet-convert"), *map(str, net), "-o", str(folder / "net.resnet")],
                   check=True, capture_output=True)
    weights = read_native.read(folder / "net.resnet")[2]
    kernel, bias = (weights[f"fc10/{role}"].astype(np.float64) for role in ("kernel", "bias"))

    grey = np.asarray(Image.open(image).convert("L"))

    def scaled(side: int) -> np.ndarray:
        height, width = grey.shape
        wanted = (side, side * height // width) if width <= height else (side * width // height, side)
        return np.asarray(Image.fromarray(grey).resize(wanted, Image.BILINEAR)).astype(np.float64)

    def logits(inputs: np.ndarray) -> np.ndarray:
        return values(inputs, pool).mean(axis=(2, 3)) @ kernel.T + bias

    whole = scaled(40)
    bottom, right = whole.shape[0] - size, whole.shape[1] - size
    middle = (round(bottom / 2), round(right / 2))

    def parts(plane: np.ndarray) -> list[np.ndarray]:
        return [plane[y:y + size, x:x + size]
                for y, x in [(0, 0), (0, right), (bottom, 0), (bottom, right), middle]]

    ten = np.stack(parts(whole) + parts(whole[:, ::-1]))[:, None]
    found = logits(ten)
    for average, expected in {"probabilities": softmax(found).mean(axis=0), "logits": softmax(found.mean(axis=0))}.items():
        error = np.abs(told("--crops", 10, "--average", average) - expected).max()
        line(f"ten crops, {average}", f"{error:.2e}", error < 1e-6)
    maps = {side: values(scaled(side)[None, None], pool)[0] for side in (32, 40, 48)}
    trained = values(ten[:1], pool).shape[2]
    places = {side: np.stack([
        m[:, y:y + trained, x:x + trained].mean(axis=(1, 2)) @ kernel.T + bias
        for y in range(m.shape[1] - trained + 1) for x in range(m.shape[2] - trained + 1)]) for side, m in maps.items()}
    pooled = np.stack([m.mean(axis=(1, 2)) @ kernel.T + bias for m in maps.values()])
    for sliding, average, expected in [
        ("pooled", "probabilities", softmax(pooled).mean(axis=0)),
        ("pooled", "logits", softmax(pooled.mean(axis=0))),
        ("dense-probabilities", "probabilities", np.mean([softmax(p).mean(axis=0) for p in places.values()], axis=0)),
        ("dense-logits", "probabilities", np.mean([softmax(p.mean(axis=0)) for p in places.values()], axis=0)),
        ("dense-logits", "logits", softmax(np.mean([p.mean(axis=0) for p in places.values()], axis=0))),
    ]:
        found = told("--scales", "32,40,48", "--sliding", sliding, "--average", average)
        error = np.abs(found - expected).max()
        line(f"scales, {sliding}, {average}", f"{error:.2e}", error < 1e-6)


def check_keras(folder: Path) -> None:
    """Trained networks: what Keras says of the photographs, prepared by Pillow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    try:
        import tf_keras as keras
    except ImportError:
        try:
            import keras
        except ImportError:
            print("run: no Keras here: trained networks are not asked")
            return
    data = Path(DATA)

    def weights_beside(name: str):
        model = keras.models.model_from_json((data / "keras-cifar" / f"{name}.json").read_text())
        model.load_weights(data / "keras-cifar" / f"{name}.h5")
        return model

    nets = {
        "pretrainedResnet": ([data / "keras-mlperf-tiny/pretrainedResnet.h5"], "none", 1.0,
            lambda: keras.models.load_model(data / "keras-mlperf-tiny/pretrainedResnet.h5", compile=False)),
        **{name: ([data / f"keras-cifar/{name}.h5", data / f"keras-cifar/{name}.json"], "unit", 1 / 255,
                  lambda name=name: weights_beside(name))
           for name in ("ResNet20", "LatentHyperNet_ResNet20")},
    }
    filters = {"pillow-nearest": Image.NEAREST, "pillow-bilinear": Image.BILINEAR, "pillow-bicubic": Image.BICUBIC}
    for name, (files, recipe, scale, load) in nets.items():
        model = load()
        for resizer, kind in filters.items():
            for photo in ("cat.jpg", "fish-bike.jpg"):
                path = data / "images" / photo
                image = np.asarray(Image.open(path).convert("RGB").resize((32, 32), kind))
                expected = np.asarray(model((image * scale)[None].astype(np.float32), training=False))[0]
                done = run(*files, path, "--preprocessing", recipe, "--like", "keras", "--resizer", resizer, "--json", "--top", 10)
                if done.returncode != 0:
                    line(f"{name}, {photo}, {resizer}", done.stderr.strip(), False)
                    continue
                best = json.loads(done.stdout)["best"]
                found = np.array([b["probability"] for b in sorted(best, key=lambda b: b["class"])])
                error = np.abs(found - expected).max()
                same = [b["class"] for b in best][:5] == list(np.argsort(-expected, kind="stable")[:5])
                line(f"{name}, {photo}, {resizer}", f"{error:.2e}, class {best[0]['class']}", same and error < 1e-5)


if __name__ == "__main__":
    if not (TOOLS / "resnet-run").exists():
        print(f"interop_images: no tools in {TOOLS}: build them, or set RESNET_TOOLKIT_BIN", file=sys.stderr)
        sys.exit(66)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        if "--keras-only" not in sys.argv:
            check_hostile(work)  # first: the memory is that of the largest process so far
            check_images(work)
            check_looks(work)
        if DATA:
            check_keras(work)
    sys.exit(failures > 0)
