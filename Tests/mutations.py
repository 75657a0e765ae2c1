"""Real model files, what the bytes of each are, and ways to damage them."""

import dataclasses
import functools
import io
import os
import random
import zipfile
from pathlib import Path

import hdf5_walker
from mutate_running import ROOT

LARGEST = 750_000
DATA = Path(os.environ["RESNET_TOOLKIT_DATA"]) if "RESNET_TOOLKIT_DATA" in os.environ else None
# The formats, and how often each is drawn.
SHARES = {"hdf5": 40, "keras": 14, "weights.h5": 12, "snapshot": 6, "caffe": 10, "onnx": 10,
          "native": 5, "npz": 3}
# Messages of protobuf that are looked into, and the fields whose bytes are weights: by numbers.
ONNX = ({(7,), (7, 5)}, {(7, 5, 4), (7, 5, 5), (7, 5, 7), (7, 5, 9), (7, 5, 10)})
CAFFE = ({(100,), (100, 7), (2,), (2, 6)}, {(100, 7, 5), (100, 7, 8), (2, 6, 5), (2, 6, 8)})
EXTREMES = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
            0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFF8]
NUMBERS = [b"0", b"-1", b"1", b"2", b"65536", b"2147483648", b"4294967296", b"9223372036854775807",
           b"18446744073709551616", b"1e999", b"1e-45", b"0.5", b"null", b"true", b"NaN", b"[]"]


@dataclasses.dataclass(frozen=True)
class Subject:
    """A model's files, one of which is damaged."""

    format: str
    files: tuple[Path, ...]
    target: int = 0
    fixture: int | None = None  # which of the files is one of resnet-verify

    @property
    def name(self) -> str:
        path = self.files[self.target]
        for folder in (ROOT, DATA):
            if folder and path.is_relative_to(folder):
                return str(path.relative_to(folder))
        return path.name


def candidates(folder: Path) -> list[Subject]:
    """All that may be subjects, in an order that does not change; `folder` has native files."""
    fixtures = ROOT / "fixtures"
    found = []

    def add(format: str, pattern: str, base: Path | None = fixtures) -> None:
        for path in sorted(base.glob(pattern)) if base else []:
            if path.stat().st_size > LARGEST:
                continue
            stem = path.name.removesuffix(".weights.h5").removesuffix(".caffemodel.h5")
            other = path.with_name(Path(stem).stem if stem == path.name else stem)
            beside = [other.with_name(other.name + suffix) for suffix in (".json", ".prototxt")]
            beside = [file for file in beside if file.exists()]
            if format == "hdf5" and path.name != stem:
                continue
            found.append(Subject(format, (path,)))
            for file in beside:
                found.append(Subject(format, (file, path), 1))
                if format == "weights.h5":
                    found.append(Subject(format, (file, path), 0))

    for place in ("eras", "old", "operators", "packed", "inferred"):
        add("hdf5", f"keras/{place}/*.h5")
        add("weights.h5", f"keras/{place}/*.weights.h5")
        add("keras", f"keras/{place}/*.keras")
    add("keras", "keras/l*/*.keras")
    add("keras", "keras/shared/*.keras")
    add("snapshot", "snapshots/*.caffemodel.h5")
    add("onnx", "onnx/small/*.onnx")
    for place in ("keras-tiny", "hdf5-layouts", "cases/keras"):
        add("hdf5", f"{place}/*.h5", DATA)
    add("keras", "cases/keras/*.keras", DATA)
    for base, pattern in ((fixtures, "layers/*.prototxt"), (fixtures, "digits/*.prototxt"),
                          (DATA, "cases/caffe-*/net.prototxt"), (DATA, "caffe-v1/*.prototxt")):
        for path in sorted(base.glob(pattern)) if base else []:
            stem = path.with_suffix(".caffemodel")
            weights = [file for file in sorted(path.parent.glob(path.stem + "*.caffemodel"))
                       if file.stat().st_size < LARGEST and (file == stem or "_iter_" in file.name)]
            files = (path, *weights[:1])
            found += [Subject("caffe", files, index) for index in range(len(files))]
            fixture = path.with_suffix(".npz")
            if fixture.exists():
                found.append(Subject("npz", (*files, fixture), len(files), len(files)))
    found += [Subject("native", (path,)) for path in sorted(folder.glob("*.resnet"))]
    return found


# What the bytes are

@functools.lru_cache(maxsize=64)
def walked(data: bytes) -> hdf5_walker.Walker | None:
    try:
        return hdf5_walker.Walker(data)
    except (ValueError, KeyError, IndexError, UnicodeDecodeError, AttributeError):
        return None


@functools.lru_cache(maxsize=64)
def labels(format: str, name: str, data: bytes) -> tuple[tuple[str, ...], bytearray]:
    """Names of kinds, and for each byte the index of its kind."""
    if name.endswith(".h5"):
        return hdf5_walker.LABELS, hdf5_walker.labels(data) if walked(data) else bytearray(
            [1]) * len(data)
    if name.endswith((".json", ".prototxt")):
        return ("json" if name.endswith(".json") else "definition",), bytearray(len(data))
    if name.endswith((".onnx", ".caffemodel")):
        found = bytearray(len(data))
        wire(data, 0, len(data), (), ONNX if name.endswith(".onnx") else CAFFE, found)
        return ("definition", "weights", "wire"), found
    return ("archive" if name.endswith((".keras", ".npz")) else "native",), bytearray(len(data))


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def wire(data: bytes, at: int, end: int, path: tuple, schema: tuple, found: bytearray) -> None:
    """Marks the tags and lengths of the messages that matter, and weights."""
    while at < end:
        start = at
        tag, at = varint(data, at)
        field, kind = path + (tag >> 3,), tag & 7
        count = {0: 0, 1: 8, 5: 4}.get(kind)
        if kind == 0:
            found[start:at] = b"\2" * (at - start)
            _, at = varint(data, at)
            continue
        if kind == 2:
            count, at = varint(data, at)
        found[start:at] = b"\2" * (at - start)
        if field in schema[0]:
            wire(data, at, at + count, field, schema, found)
        elif field in schema[1]:
            found[at:at + count] = b"\1" * count
        at += count


# Damage

class Damage:
    """One random change of a file; `said` tells which."""

    def __init__(self, draw: random.Random, format: str, name: str, data: bytes):
        self.draw, self.format, self.name, self.data = draw, format, name, data
        self.is_forged = False
        self.kinds, self.map = labels(format, name, data)
        self.quiet = {index for index, kind in enumerate(self.kinds)
                      if kind in ("free", "weights")}
        ways = [(self.flip, 25), (self.put, 15), (self.burst, 5), (self.swap, 8),
                (self.truncate, 5), (self.insert, 5), (self.delete, 5), (self.extreme, 10)]
        if name.endswith(".h5") and walked(data):
            ways.append((self.aim, 40))
            if walked(data).seals:
                ways.append((self.forge, 20))
        if self.kinds[0] in ("json", "definition") and len(self.kinds) == 1 or "json" in self.kinds:
            ways.append((self.text, 12))
        if self.kinds[0] == "archive":
            ways.append((self.member, 90))
        way = draw.choices([way for way, _ in ways], [share for _, share in ways])[0]
        self.way = way.__name__
        self.said, self.result = way()

    def place(self, count: int = 1) -> int:
        """A random position; mostly where the file says something about itself."""
        most = max(0, len(self.data) - count)
        at = self.draw.randint(0, most)
        if self.draw.random() < 0.7:
            for _ in range(20):
                if self.map[at] not in self.quiet:
                    break
                at = self.draw.randint(0, most)
        return at

    def replaced(self, at: int, new: bytes) -> bytes:
        return self.data[:at] + new + self.data[at + len(new):]

    def flip(self) -> tuple[str, bytes]:
        at, bit = self.place(), self.draw.randrange(8)
        return f"bit {bit} of byte {at}", self.replaced(at, bytes([self.data[at] ^ 1 << bit]))

    def put(self) -> tuple[str, bytes]:
        at, value = self.place(), self.draw.choice([0, 0x7F, 0x80, 0xFF, self.draw.randrange(256)])
        return f"byte {at} = {value}", self.replaced(at, bytes([value]))

    def burst(self) -> tuple[str, bytes]:
        count = min(self.draw.randint(2, 64), len(self.data))
        at = self.place(count)
        return f"{count} random bytes at {at}", self.replaced(at, self.draw.randbytes(count))

    def swap(self) -> tuple[str, bytes]:
        count = self.draw.choice([1, 2, 4, 8, 16, 40, 64, 512])
        count = max(1, min(count, len(self.data) // 2))
        first, second = self.place(count), self.place(count)
        if self.draw.random() < 0.5:
            first, second = first // 8 * 8, second // 8 * 8
        one, two = self.data[first:first + count], self.data[second:second + count]
        changed = self.replaced(first, two)
        return (f"{count} bytes at {first} and {second} exchanged",
                changed[:second] + one + changed[second + count:])

    def truncate(self) -> tuple[str, bytes]:
        count = self.draw.choice([self.draw.randint(0, len(self.data)),
                                  len(self.data) - self.draw.randint(1, 64)])
        return f"cut to {max(count, 0)} bytes", self.data[:max(count, 0)]

    def insert(self) -> tuple[str, bytes]:
        at, count = self.place(), self.draw.choice([1, 2, 4, 8, 100, 512])
        new = self.draw.choice([bytes(count), self.draw.randbytes(count), self.data[at:at + count]])
        if self.draw.random() < 0.2:
            at = len(self.data)
        return f"{len(new)} bytes put in at {at}", self.data[:at] + new + self.data[at:]

    def delete(self) -> tuple[str, bytes]:
        at, count = self.place(), self.draw.choice([1, 2, 4, 8, 100])
        return f"{count} bytes taken out at {at}", self.data[:at] + self.data[at + count:]

    def value(self, count: int) -> int:
        size = len(self.data)
        return self.draw.choice(EXTREMES + [size - 1, size, size + 1, size * 2]) % (1 << 8 * count)

    def extreme(self) -> tuple[str, bytes]:
        count = min(self.draw.choice([1, 2, 4, 8]), len(self.data))
        at = self.place(count) // count * count
        value = self.value(count)
        new = value.to_bytes(count, "little")
        return f"{count} bytes at {at} = {value}", self.replaced(at, new)

    def aimed(self) -> tuple[hdf5_walker.Field, int]:
        """A field of the structure and a bad value for it."""
        fields = walked(self.data).fields
        field = self.draw.choice(fields)
        old = int.from_bytes(self.data[field.start:field.end], "little")
        same = self.draw.choice([other for other in fields if other.kind == field.kind])
        there = int.from_bytes(self.data[same.start:same.end], "little")
        bit = 1 << self.draw.randrange(8 * field.count)
        value = self.draw.choice([self.value(field.count), there, there, old + 1, old - 1,
                                  old + 8, old - 8, old ^ bit, old ^ bit, 2 * old])
        return field, value % (1 << 8 * field.count)

    def aim(self) -> tuple[str, bytes]:
        field, value = self.aimed()
        return (f"{field.kind} of {field.owner} at {field.start} = {value}",
                self.replaced(field.start, value.to_bytes(field.count, "little")))

    def forge(self) -> tuple[str, bytes]:
        """An aim inside a structure with a checksum, which is made right again."""
        start, end = self.draw.choice(walked(self.data).seals)
        inside = [field for field in walked(self.data).fields if start <= field.start < end]
        if inside and self.draw.random() < 0.8:
            field = self.draw.choice(inside)
            at, new = field.start, self.value(field.count).to_bytes(field.count, "little")
            if self.draw.random() < 0.5:
                new = bytearray(self.data[at:field.end])
                new[self.draw.randrange(len(new))] ^= 1 << self.draw.randrange(8)
        else:
            at, new = self.draw.randrange(start, end), bytes([self.draw.randrange(256)])
        changed = self.replaced(at, bytes(new))
        checksum = hdf5_walker.lookup3(changed[start:end]).to_bytes(4, "little")
        self.is_forged = True
        return (f"{len(new)} bytes at {at} = {bytes(new).hex()}, checksum mended",
                changed[:end] + checksum + changed[end + 4:])

    def text(self) -> tuple[str, bytes]:
        """Other numbers and words in a text."""
        index = self.kinds.index("json") if "json" in self.kinds else 0
        start = self.map.find(index)
        end = start
        while end < len(self.map) and self.map[end] == index:
            end += 1
        text = self.data[start:end]
        words = [at for at in range(len(text)) if text[at:at + 1].isdigit()
                 and not text[at - 1:at].isalnum()]
        if not words or self.draw.random() < 0.3:
            return self.flip()
        first = last = self.draw.choice(words)
        while last < len(text) and text[last:last + 1] in b"0123456789.e-":
            last += 1
        new = self.draw.choice(NUMBERS)
        if len(self.kinds) > 1:  # inside a structure that has its length
            new = new[:last - first].ljust(last - first)
        return (f"{text[first:last]!r} at {start + first} = {new!r}",
                self.data[:start + first] + new + self.data[start + last:])

    def member(self) -> tuple[str, bytes]:
        """Damage of a member of a zip archive, whose checksum is right again."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            members = [(info, archive.read(info)) for info in archive.infolist()]
        chosen = self.draw.choice([index for index, (_, data) in enumerate(members) if data])
        info, data = members[chosen]
        inner = Damage(self.draw, self.format, info.filename, data)
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w") as archive:
            for index, (info, data) in enumerate(members):
                archive.writestr(info, inner.result if index == chosen else data,
                                 compress_type=info.compress_type)
        self.is_forged = inner.is_forged
        self.inner = inner
        self.way = f"member {inner.way}"
        return f"{members[chosen][0].filename}: {inner.said}", output.getvalue()

    def touched(self) -> frozenset[str]:
        """What kinds of bytes the change met."""
        if hasattr(self, "inner"):
            inside = self.inner.touched()
            return frozenset({"values"}) if inside <= {"native", "archive"} else inside
        if self.is_forged:
            return frozenset({"forged"})
        old, new = self.data, self.result
        at = next((at for at in range(min(len(old), len(new))) if old[at] != new[at]),
                  min(len(old), len(new)))
        if len(old) != len(new):
            found = set(self.map[at:]) or {self.map[-1]}
        else:
            found = {self.map[place] for place in range(at, len(old)) if old[place] != new[place]}
        return frozenset(self.kinds[index] for index in found)
