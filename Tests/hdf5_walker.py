"""Where everything lies in an HDF5 file: a reader of structure only, for aimed damage.

It shares nothing with the tools' own reader but the HDF5 File Format Specification, version 3.0, whose
names it uses. It reads files that h5py and libhdf5 wrote, sound ones: it checks little, and an
exception means that a file is not for it. What it knows: superblocks 0 to 3, object headers 1 and 2,
symbol tables, links in messages, dataspaces, layouts 1 to 4, filter pipelines, fill values,
attributes, B-trees 1 of chunks, global heaps; of fractal heaps, B-trees 2 and the newer chunk
indexes the headers, which have checksums.
"""

import dataclasses
import json

UNDEFINED = (1 << 64) - 1
# Structures with a checksum at their end: what is read of each, and its length where that is fixed.
SIGNATURES = {b"FRHP": 146, b"BTHD": 38, b"FAHD": 28, b"EAHD": 72}
NAMES = ("layer_names", "weight_names")
COMMITTED = 2  # the flag of a message that is somewhere else


@dataclasses.dataclass(frozen=True)
class Field:
    """A number of the file's structure."""

    start: int
    count: int
    kind: str  # what it is, as "layout address"
    owner: str  # the path of its object
    is_checked: bool = False  # whether a checksum covers it

    @property
    def end(self) -> int:
        return self.start + self.count


@dataclasses.dataclass(frozen=True)
class Run:
    """Bytes that one thing has for itself."""

    start: int
    end: int
    kind: str  # weights, json, names, attribute, structure
    owner: str


class Walker:
    """The fields and runs of a file."""

    def __init__(self, data: bytes):
        self.data, self.fields, self.runs = data, [], []
        self.visited: set[int] = set()
        self.seals: list[tuple[int, int]] = []  # bytes, and after them their checksum
        self.heaps: dict[int, str] = {}
        self.strings: dict[int, list[tuple[int, int, int]]] = {}
        self.base = 0
        while data[self.base:self.base + 8] != b"\x89HDF\r\n\x1a\n":
            self.base = self.base * 2 if self.base else 512
            if self.base > len(data):
                raise ValueError("no superblock")
        self.pending: list[tuple[int, str]] = []
        self.superblock()
        self.walk()
        # Links in a fractal heap are not followed; headers of version 2 are known by their signature.
        at = data.find(b"OHDR\2")
        while at >= 0:
            self.pending.append((at, f"object at {at}"))
            self.walk()
            at = data.find(b"OHDR\2", at + 1)
        self.fields = sorted(set(self.fields), key=lambda field: (field.start, field.count))
        self.runs.sort(key=lambda run: (run.start, run.end))

    def walk(self) -> None:
        while self.pending:
            address, path = self.pending.pop()
            if address not in self.visited:
                self.visited.add(address)
                self.header(address, path)

    def number(self, at: int, count: int) -> int:
        if at < 0 or at + count > len(self.data):
            raise ValueError(f"{at} is past the end")
        return int.from_bytes(self.data[at:at + count], "little")

    def field(self, at: int, count: int, kind: str, owner: str, checked: bool = False) -> int:
        """Notes a field and returns its number."""
        value = self.number(at, count)
        self.fields.append(Field(at, count, kind, owner, checked))
        return value

    def address(self, at: int, kind: str, owner: str, checked: bool = False) -> int | None:
        """A position in the data, or nil for the undefined address."""
        value = self.field(at, self.offsets, kind, owner, checked)
        return None if value == (1 << 8 * self.offsets) - 1 else value + self.base

    def seal(self, start: int, end: int) -> None:
        if lookup3(self.data[start:end]) != self.number(end, 4):
            raise ValueError(f"the checksum of {start}..<{end} is wrong")
        self.seals.append((start, end))

    def run(self, start: int, count: int, kind: str, owner: str) -> None:
        if count > 0:
            self.runs.append(Run(start, start + count, kind, owner))

    # Superblock, object headers

    def superblock(self) -> None:
        at, version = self.base, self.data[self.base + 8]
        if version < 2:
            for place, kind in ((9, "free-space version"), (10, "symbol-table version"),
                                (12, "shared-header version"), (13, "size of offsets"),
                                (14, "size of lengths")):
                self.field(at + place, 1, f"superblock {kind}", "/")
            self.offsets, self.lengths = self.data[at + 13], self.data[at + 14]
            self.field(at + 16, 2, "superblock leaf K", "/")
            self.field(at + 18, 2, "superblock internal K", "/")
            self.field(at + 20, 4, "superblock flags", "/")
            at += 28 if version == 1 else 24
            for kind in ("base", "free-space", "end of file", "driver"):
                self.field(at, self.offsets, f"superblock {kind} address", "/")
                at += self.offsets
            self.run(self.base, at - self.base, "structure", "superblock")
            self.entry(at, "/")
            self.run(at, 2 * self.offsets + 24, "structure", "superblock")
        else:
            self.offsets, self.lengths = self.data[at + 9], self.data[at + 10]
            for place, kind in ((9, "size of offsets"), (10, "size of lengths"), (11, "flags")):
                self.field(at + place, 1, f"superblock {kind}", "/", True)
            addresses = []
            for index, kind in enumerate(("base", "extension", "end of file", "root")):
                addresses.append(self.address(
                    at + 12 + index * self.offsets, f"superblock {kind} address", "/", True))
            self.run(at, 16 + 4 * self.offsets, "structure", "superblock")
            self.seal(at, at + 12 + 4 * self.offsets)
            self.pending.append((addresses[3], "/"))
            if addresses[1] is not None:
                self.pending.append((addresses[1], "extension"))
        self.field(self.base + 8, 1, "superblock version", "/", version >= 2)

    def entry(self, at: int, path: str) -> None:
        """A symbol table entry."""
        self.field(at, self.offsets, "entry name offset", path)
        header = self.address(at + self.offsets, "entry header address", path)
        at += 2 * self.offsets
        cached = self.field(at, 4, "entry cache type", path)
        if cached == 1:
            self.field(at + 8, self.offsets, "entry cached tree address", path)
            self.field(at + 8 + self.offsets, self.offsets, "entry cached heap address", path)
        self.pending.append((header, path))

    def header(self, at: int, path: str) -> None:
        if self.data[at:at + 4] == b"OHDR":
            blocks, is_new = [self.header2(at, path)], True
        else:
            self.field(at, 1, "header version", path)
            self.field(at + 2, 2, "header message count", path)
            self.field(at + 4, 4, "header reference count", path)
            size = self.field(at + 8, 4, "header size", path)
            self.run(at, 16 + size, "structure", path)
            blocks, is_new = [(at + 16, at + 16 + size)], False
        found: dict[int, list[tuple[int, int, int]]] = {}
        for start, end in blocks:
            prefix = (6 if self.flags & 4 else 4) if is_new else 8
            while start + prefix <= end:
                width = 1 if is_new else 2
                kind = self.field(start, width, "message type", path, is_new)
                size = self.field(start + width, 2, "message size", path, is_new)
                flags = self.field(start + width + 2, 1, "message flags", path, is_new)
                body = start + prefix
                if kind == 0x10:
                    target = self.address(body, "continuation address", path, is_new)
                    count = self.field(body + self.offsets, self.lengths, "continuation length",
                                       path, is_new)
                    self.run(target, count, "structure", path)
                    if is_new:
                        self.seal(target, target + count - 4)
                    blocks.append((target + 4, target + count - 4) if is_new
                                  else (target, target + count))
                else:
                    found.setdefault(kind, []).append((body, size, flags))
                start = body + size
        self.messages(found, path, is_new)

    def header2(self, at: int, path: str) -> tuple[int, int]:
        self.flags = flags = self.field(at + 5, 1, "header flags", path, True)
        self.field(at + 4, 1, "header version", path, True)
        place = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = self.field(place, width, "header size", path, True)
        self.run(at, place + width + size + 4 - at, "structure", path)
        self.seal(at, place + width + size)
        return place + width, place + width + size

    # Messages

    def messages(self, found: dict[int, list], path: str, checked: bool) -> None:
        element, shape = 0, []
        for body, size, flags in found.get(0x03, []):
            if not flags & COMMITTED:
                element = self.datatype(body, path, checked)
        for body, size, flags in found.get(0x01, []):
            shape = self.dataspace(body, path, checked)
        for body, size, flags in found.get(0x0B, []):
            self.pipeline(body, path, checked)
        for kind in (0x04, 0x05):
            for body, size, flags in found.get(kind, []):
                self.field(body, min(size, 4), "fill value header", path, checked)
                if size > 4:
                    self.field(body + 4, min(4, size - 4), "fill value size", path, checked)
        count = element
        for extent in shape:
            count *= extent
        for body, size, flags in found.get(0x08, []):
            self.layout(body, path, checked, count)
        for body, size, flags in found.get(0x0C, []):
            self.attribute(body, path, checked)
        for body, size, flags in found.get(0x11, []):
            tree = self.address(body, "group tree address", path, checked)
            heap = self.address(body + self.offsets, "group heap address", path, checked)
            self.group(tree, self.local_heap(heap, path), path)
        for body, size, flags in found.get(0x06, []):
            self.link(body, path, checked)
        for kind, place in ((0x02, 8), (0x15, 2)):
            for body, size, flags in found.get(kind, []):
                said = self.field(body + 1, 1, "index message flags", path, checked)
                at = body + 2 + (place if said & 1 else 0)
                for name in ("heap", "names tree", "order tree")[:3 if said & 2 else 2]:
                    target = self.address(at, f"{name} address", path, checked)
                    at += self.offsets
                    if target is not None:
                        self.sealed(target, path)

    def sealed(self, at: int, path: str) -> None:
        """A header with a checksum: each byte of it is a field."""
        count = SIGNATURES[self.data[at:at + 4]]
        self.run(at, count, "structure", path)
        self.seal(at, at + count - 4)
        name = self.data[at:at + 4].decode()
        for place in range(4, count):
            self.field(at + place, 1, f"{name} header", path, True)

    def datatype(self, at: int, path: str, checked: bool) -> int:
        self.field(at, 1, "datatype class", path, checked)
        self.field(at + 1, 3, "datatype bits", path, checked)
        size = self.field(at + 4, 4, "datatype size", path, checked)
        kind = self.data[at] & 15
        if kind in (0, 1):
            for place, width, name in ((8, 2, "bit offset"), (10, 2, "precision")):
                self.field(at + place, width, f"datatype {name}", path, checked)
        if kind == 1:
            for place in range(12, 16):
                self.field(at + place, 1, "datatype float layout", path, checked)
            self.field(at + 16, 4, "datatype exponent bias", path, checked)
        if kind == 9:
            self.datatype(at + 8, path, checked)
        return size

    def dataspace(self, at: int, path: str, checked: bool) -> list[int]:
        version = self.field(at, 1, "dataspace version", path, checked)
        rank = self.field(at + 1, 1, "dataspace rank", path, checked)
        flags = self.field(at + 2, 1, "dataspace flags", path, checked)
        if version == 2:
            self.field(at + 3, 1, "dataspace type", path, checked)
        at += 4 if version == 2 else 8
        shape = [self.field(at + index * self.lengths, self.lengths, "dataspace extent", path,
                            checked) for index in range(rank)]
        if flags & 1:
            for index in range(rank, 2 * rank):
                self.field(at + index * self.lengths, self.lengths, "dataspace largest extent",
                           path, checked)
        return shape

    def pipeline(self, at: int, path: str, checked: bool) -> None:
        version, count = self.data[at], self.field(at + 1, 1, "filter count", path, checked)
        self.field(at, 1, "filter version", path, checked)
        at += 8 if version == 1 else 2
        for _ in range(count):
            number = self.field(at, 2, "filter id", path, checked)
            at += 2
            name = 0
            if version == 1 or number >= 256:
                name = self.field(at, 2, "filter name length", path, checked)
                at += 2
            self.field(at, 2, "filter flags", path, checked)
            values = self.field(at + 2, 2, "filter value count", path, checked)
            at += 4 + (name if version == 2 else (name + 7) // 8 * 8)
            for index in range(values):
                self.field(at + 4 * index, 4, f"filter {number} parameter {index}", path, checked)
            at += 4 * (values + (values % 2 if version == 1 else 0))

    def layout(self, at: int, path: str, checked: bool, count: int) -> None:
        version = self.field(at, 1, "layout version", path, checked)
        if version < 3:
            rank = self.field(at + 1, 1, "layout rank", path, checked)
            kind = self.field(at + 2, 1, "layout class", path, checked)
            target = self.address(at + 8, "layout address", path) if kind else None
            at += 8 + (self.offsets if kind else 0)
            for index in range(rank):
                self.field(at + 4 * index, 4, "layout extent", path, checked)
            if kind == 1 and target is not None:
                self.run(target, count, "weights", path)
            elif kind == 2 and target is not None:
                self.chunks(target, rank, path)
            elif kind == 0:
                size = self.field(at + 4 * rank, 4, "layout compact size", path, checked)
                self.run(at + 4 * rank + 4, size, "weights", path)
            return
        kind = self.field(at + 1, 1, "layout class", path, checked)
        if kind == 0:
            size = self.field(at + 2, 2, "layout compact size", path, checked)
            self.run(at + 4, size, "weights", path)
        elif kind == 1:
            target = self.address(at + 2, "layout address", path, checked)
            size = self.field(at + 2 + self.offsets, self.lengths, "layout size", path, checked)
            if target is not None:
                self.run(target, size, "weights", path)
        elif version == 3:
            rank = self.field(at + 2, 1, "layout rank", path, checked)
            target = self.address(at + 3, "layout address", path, checked)
            for index in range(rank):
                self.field(at + 3 + self.offsets + 4 * index, 4, "layout chunk extent", path,
                           checked)
            if target is not None:
                self.chunks(target, rank, path)
        else:
            self.chunked4(at + 2, path, checked)

    def chunked4(self, at: int, path: str, checked: bool) -> None:
        flags = self.field(at, 1, "layout chunk flags", path, checked)
        rank = self.field(at + 1, 1, "layout rank", path, checked)
        width = self.field(at + 2, 1, "layout extent width", path, checked)
        at += 3
        chunk = 1  # bytes; the last extent is the element's
        for _ in range(rank):
            chunk *= self.field(at, width, "layout chunk extent", path, checked)
            at += width
        kind = self.field(at, 1, "layout index type", path, checked)
        at += 1
        size = 0
        if kind == 1 and flags & 2:
            size = self.field(at, self.lengths, "layout chunk size", path, checked)
            self.field(at + self.lengths, 4, "layout chunk mask", path, checked)
            at += self.lengths + 4
        for _ in range({3: 1, 4: 5, 5: 6}.get(kind, 0)):
            self.field(at, 1, "layout index parameter", path, checked)
            at += 1
        target = self.address(at, "layout address", path, checked)
        if target is None:
            return
        if kind == 1:
            self.run(target, size, "weights", path)
        elif kind in (3, 4, 5):
            self.sealed(target, path)
            if kind == 4:
                self.extensible(target, chunk, path)

    def extensible(self, at: int, chunk: int, path: str) -> None:
        """An extensible array: its index block, and the data blocks that this one points to."""
        element, most, inline, least, pointers = self.data[at + 6:at + 11]
        block = self.number(at + 12 + 6 * self.lengths, self.offsets) + self.base
        places = self.elements(block + 6 + self.offsets, inline, element, chunk, path)
        sizes = [(2 ** ((level + 1) // 2)) * least for level in range(2 * pointers.bit_length())
                 for _ in range(2 ** (level // 2))][:2 * (pointers - 1)]
        for size in sizes:
            target = self.address(places, "array block address", path, True)
            places += self.offsets
            if target is not None:
                start = target + 6 + self.offsets + (most + 7) // 8
                end = self.elements(start, size, element, chunk, path)
                self.run(target, end + 4 - target, "structure", path)
                self.seal(target, end)
        self.run(block, places + 4 - block, "structure", path)

    def elements(self, at: int, count: int, size: int, chunk: int, path: str) -> int:
        """Elements of an array of chunks: addresses, with size and mask where there are filters."""
        for _ in range(count):
            target, length = self.address(at, "array chunk address", path, True), chunk
            if size > self.offsets:
                length = self.field(at + self.offsets, size - self.offsets - 4, "array chunk size",
                                    path, True)
                self.field(at + size - 4, 4, "array chunk mask", path, True)
            if target is not None:
                self.run(target, length, "weights", path)
            at += size
        return at

    def attribute(self, at: int, path: str, checked: bool) -> None:
        version = self.field(at, 1, "attribute version", path, checked)
        if version > 1 and self.data[at + 1]:
            return
        sizes = [self.field(at + 2 + 2 * index, 2, f"attribute {kind} size", path, checked)
                 for index, kind in enumerate(("name", "datatype", "dataspace"))]
        at += 9 if version == 3 else 8
        padded = [(size + 7) // 8 * 8 if version == 1 else size for size in sizes]
        name = self.data[at:at + sizes[0]].split(b"\0")[0].decode("utf-8", "replace")
        self.run(at, sizes[0], "names", path)
        owner = f"{path}@{name}"
        element = self.datatype(at + padded[0], owner, checked)
        kind = self.data[at + padded[0]] & 15
        count = 1
        for extent in self.dataspace(at + padded[0] + padded[1], owner, checked):
            count *= extent
        at += sum(padded)
        region = "names" if name in NAMES else "attribute"
        if kind != 9:
            text = self.data[at:at + element * count].rstrip(b"\0")
            self.run(at, element * count, "json" if is_json(text) else region, owner)
            return
        for index in range(count):
            place = at + index * element
            length = self.field(place, 4, "string length", owner, checked)
            heap = self.address(place + 4, "string heap address", owner, checked)
            number = self.field(place + 4 + self.offsets, 4, "string heap index", owner, checked)
            if length and heap is not None:
                self.global_heap(heap, owner)
                for found, start, size in self.strings[heap]:
                    if found == number:
                        text = self.data[start:start + size]
                        self.run(start, size, "json" if is_json(text) else region, owner)

    def global_heap(self, at: int, path: str) -> None:
        if at in self.strings:
            return
        self.field(at + 4, 1, "global heap version", path)
        size = self.field(at + 8, self.lengths, "global heap size", path)
        self.run(at, size, "structure", "global heap")
        self.strings[at] = []
        place, end = at + 8 + self.lengths, at + size
        while place + 8 + self.lengths <= end:
            index = self.field(place, 2, "global heap object index", path)
            self.field(place + 2, 2, "global heap reference count", path)
            count = self.field(place + 8, self.lengths, "global heap object size", path)
            if index == 0:
                break
            self.strings[at].append((index, place + 8 + self.lengths, count))
            place += 8 + self.lengths + (count + 7) // 8 * 8

    def link(self, at: int, path: str, checked: bool) -> None:
        flags = self.field(at + 1, 1, "link flags", path, checked)
        at += 2
        kind = 0
        if flags & 8:
            kind = self.field(at, 1, "link type", path, checked)
            at += 1
        at += 8 if flags & 4 else 0
        at += 1 if flags & 16 else 0
        width = 1 << (flags & 3)
        count = self.field(at, width, "link name length", path, checked)
        name = self.data[at + width:at + width + count].decode("utf-8", "replace")
        self.run(at + width, count, "names", path)
        if kind == 0:
            target = self.address(at + width + count, "link address", path, checked)
            self.pending.append((target, f"{path.rstrip('/')}/{name}"))

    # Groups and chunks of version 1

    def local_heap(self, at: int, path: str) -> int:
        self.field(at + 4, 1, "heap version", path)
        size = self.field(at + 8, self.lengths, "heap size", path)
        self.field(at + 8 + self.lengths, self.lengths, "heap free list", path)
        target = self.address(at + 8 + 2 * self.lengths, "heap data address", path)
        self.run(at, 8 + 2 * self.lengths + self.offsets, "structure", path)
        self.run(target, size, "names", path)
        return target

    def tree(self, at: int, path: str, key: int) -> tuple[int, list[tuple[int, int]]]:
        """The level of a node of a B-tree 1, and where its keys are, each with its child."""
        self.field(at + 4, 1, "tree type", path)
        level = self.field(at + 5, 1, "tree level", path)
        count = self.field(at + 6, 2, "tree entry count", path)
        self.field(at + 8, self.offsets, "tree left address", path)
        self.field(at + 8 + self.offsets, self.offsets, "tree right address", path)
        start = at + 8 + 2 * self.offsets
        step = key + self.offsets
        self.run(at, start - at + count * step + key, "structure", path)
        return level, [(start + index * step, self.address(
            start + index * step + key, "tree child address", path)) for index in range(count)]

    def group(self, at: int, names: int, path: str) -> None:
        level, children = self.tree(at, path, self.lengths)
        for key, child in children:
            self.field(key, self.lengths, "tree name key", path)
            if level:
                self.group(child, names, path)
                continue
            self.field(child + 4, 1, "node version", path)
            count = self.field(child + 6, 2, "node entry count", path)
            step = 2 * self.offsets + 24
            self.run(child, 8 + count * step, "structure", path)
            for index in range(count):
                place = child + 8 + index * step
                start = names + self.number(place, self.offsets)
                name = self.data[start:self.data.index(b"\0", start)].decode("utf-8", "replace")
                self.entry(place, f"{path.rstrip('/')}/{name}")

    def chunks(self, at: int, rank: int, path: str) -> None:
        level, children = self.tree(at, path, 8 + 8 * rank)
        for key, child in children:
            size = self.field(key, 4, "chunk size", path)
            self.field(key + 4, 4, "chunk mask", path)
            for index in range(rank):
                self.field(key + 8 + 8 * index, 8, "chunk key", path)
            if level:
                self.chunks(child, rank, path)
            else:
                self.run(child, size, "weights", path)


def lookup3(data: bytes) -> int:
    """Bob Jenkins' hash, by which the structures of version 2 are checked."""
    mask = 0xFFFFFFFF

    def rotated(value: int, count: int) -> int:
        return (value << count | value >> 32 - count) & mask

    a = b = c = (0xDEADBEEF + len(data)) & mask
    place = 0
    while len(data) - place > 12:
        a = (a + int.from_bytes(data[place:place + 4], "little")) & mask
        b = (b + int.from_bytes(data[place + 4:place + 8], "little")) & mask
        c = (c + int.from_bytes(data[place + 8:place + 12], "little")) & mask
        a = (a - c & mask) ^ rotated(c, 4)
        c = c + b & mask
        b = (b - a & mask) ^ rotated(a, 6)
        a = a + c & mask
        c = (c - b & mask) ^ rotated(b, 8)
        b = b + a & mask
        a = (a - c & mask) ^ rotated(c, 16)
        c = c + b & mask
        b = (b - a & mask) ^ rotated(a, 19)
        a = a + c & mask
        c = (c - b & mask) ^ rotated(b, 4)
        b = b + a & mask
        place += 12
    rest = data[place:].ljust(12, b"\0")
    if len(data) == 0:
        return c
    a = (a + int.from_bytes(rest[:4], "little")) & mask
    b = (b + int.from_bytes(rest[4:8], "little")) & mask
    c = (c + int.from_bytes(rest[8:], "little")) & mask
    c = (c ^ b) - rotated(b, 14) & mask
    a = (a ^ c) - rotated(c, 11) & mask
    b = (b ^ a) - rotated(a, 25) & mask
    c = (c ^ b) - rotated(b, 16) & mask
    a = (a ^ c) - rotated(c, 4) & mask
    b = (b ^ a) - rotated(a, 14) & mask
    c = (c ^ b) - rotated(b, 24) & mask
    return c


def is_json(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text.rstrip(b"\0 ")), (dict, list))
    except ValueError:
        return False


def labels(data: bytes) -> bytearray:
    """For each byte what it belongs to, as an index of LABELS."""
    walker = Walker(data)
    found = bytearray(len(data))
    for kind in ("structure", "names", "attribute", "json", "weights"):
        for run in walker.runs:
            if run.kind == kind:
                index = LABELS.index(kind)
                found[run.start:run.end] = bytes([index]) * (run.end - run.start)
    for field in walker.fields:  # what is in an attribute's bytes is structure all the same
        found[field.start:field.end] = bytes([1]) * field.count
    return found


LABELS = ("free", "structure", "names", "attribute", "json", "weights")
