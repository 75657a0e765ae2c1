"""The messages of an object's header in an HDF5 file, and what they lead to: see hdf5_walker."""

import json

# Structures with a checksum at their end: what is read of each, and its length where that is fixed.
SIGNATURES = {b"FRHP": 146, b"BTHD": 38, b"FAHD": 28, b"EAHD": 72}
NAMES = ("layer_names", "weight_names")
COMMITTED = 2  # the flag of a message that is somewhere else


class Messages:
    """What a Walker knows of messages; the fields and runs that they have go to it."""

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


def is_json(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text.rstrip(b"\0 ")), (dict, list))
    except ValueError:
        return False
