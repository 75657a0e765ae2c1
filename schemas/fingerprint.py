#!/usr/bin/env python3
"""Computes the fingerprint of a .resnet file as fingerprint.md specifies it. Needs NumPy.

usage: fingerprint.py FILE [--terms]     exit status 65 for a bad file
"""
import hashlib
import math
import sys

import numpy as np

from read_native import read, require

VERSION = 1


def canonical(numbers):
    """Numbers rounded to float32, with one zero and one NaN, as bytes."""
    with np.errstate(over="ignore"):
        bits = np.array(numbers).astype("<f4").reshape(-1).view("<u4").copy()
    bits[bits == 0x80000000] = 0
    bits[(bits & 0x7FFFFFFF) > 0x7F800000] = 0x7FC00000
    return bits.tobytes()


def rounded(numbers):
    """Numbers rounded to float32, held in float64."""
    with np.errstate(over="ignore"):
        return np.array(numbers).astype(np.float32).astype(np.float64)


def bits(number):
    """The bits of a setting as a canonical float32, in 8 hexadecimal digits."""
    return canonical(float(number))[::-1].hex()


def extents(shape):
    """A shape without extents of 1 at its end; the first extent stays."""
    shape = list(shape)
    while len(shape) > 1 and shape[-1] == 1:
        shape.pop()
    return shape


def words(numbers):
    return ",".join(str(int(n)) for n in numbers)


class Term:
    def __init__(self, line, inputs=(), shape=(), positive=False, form=None, content=b""):
        self.line, self.inputs, self.shape = line, list(inputs), extents(shape)
        self.positive, self.form = positive, form or ("other",)
        self.digest = hashlib.sha256(
            line.encode() + b"\n" + b"".join(t.digest for t in inputs) + content).digest()

    def extent(self, axis):
        return self.shape[axis] if axis < len(self.shape) else 1


# Affine maps of channels

def affine(term, *steps):
    """`("multiply", numbers)` and `("add", numbers)` in their order, joined with what was before."""
    with np.errstate(all="ignore"):
        channels = term.extent(1)
        source, scale, shift = term, np.ones(channels), np.zeros(channels)
        if term.form[0] == "affine":
            _, source, scale, shift = term.form
        for step, numbers in steps:
            numbers = np.asarray(numbers, np.float64).reshape(-1)
            if step == "multiply":
                scale, shift = scale * numbers, shift * numbers
            else:
                shift = shift + numbers
        s, t = rounded(scale), rounded(shift)
        if (s == 1).all() and (t == 0).all():
            return source
        return Term(f"affine channels={len(scale)}", [source], source.shape,
                    source.positive and bool((s >= 0).all() and (t >= 0).all()),
                    ("affine", source, scale, shift), canonical(scale) + canonical(shift))


def normalization(term, epsilon, weights):
    with np.errstate(all="ignore"):
        mean, variance = rounded(weights["mean"]), rounded(weights["variance"])
        if "factor" in weights:
            factor = rounded(weights["factor"]).reshape(-1)[0]
            mean, variance = (rounded(x / factor) if factor != 0 else np.zeros_like(x)
                              for x in (mean, variance))
        steps = [("add", -mean), ("multiply", 1 / np.sqrt(variance + rounded(epsilon)))]
        if "gamma" in weights:
            steps.append(("multiply", rounded(weights["gamma"])))
        if "beta" in weights:
            steps.append(("add", rounded(weights["beta"])))
    return affine(term, *steps)


def constants(term, factor, addend, axis):
    operand = factor if factor is not None else addend
    if operand is None:
        return term
    shape = extents([1] * axis + list(operand.shape))
    if operand.size == 1 or len(shape) == 2 and shape[0] == 1:
        steps = [("multiply", rounded(factor))] if factor is not None else []
        return affine(term, *steps, *([("add", rounded(addend))] if addend is not None else []))
    content = canonical(np.ones(operand.size) if factor is None else factor)
    content += canonical(np.zeros(operand.size) if addend is None else addend)
    return Term(f"scale shape={words(shape)}", [term], term.shape, content=content)


# Moves

def move(term, lists):
    if term.form[0] == "move":
        _, term, before = term.form
        merged = dict(before)
        for axis, places in lists.items():
            first = before.get(axis)
            merged[axis] = places if first is None else [-1 if p < 0 else first[p] for p in places]
        lists = merged
    lists = {axis: list(places) for axis, places in lists.items()
             if list(places) != list(range(term.extent(axis)))}
    if not lists:
        return term
    if term.form[0] == "pooling" and all(a in (2, 3) and -1 not in p for a, p in lists.items()):
        _, base, kind, rows, columns = term.form
        pick = lambda axis, places: (axis[0], [axis[1][p] for p in places]) if places else axis
        return pooling(base, kind, pick(rows, lists.get(2)), pick(columns, lists.get(3)))
    axes = sorted(lists)
    shape = term.shape + [1] * (axes[-1] + 1 - len(term.shape))
    for axis in axes:
        shape[axis] = len(lists[axis])
    return Term("move " + " ".join(f"{a}={words(lists[a])}" for a in axes), [term], shape,
                term.positive, ("move", term, lists))


def reshaped(term):
    return term.form[1] if term.form[0] == "reshape" else term


def reshape(term, shape):
    base, shape = reshaped(term), extents(shape)
    if shape == base.shape:
        return base
    return Term(f"reshape shape={words(shape)}", [base], shape, base.positive, ("reshape", base))


def permutation(term, axes):
    if term.form[0] == "permutation" and len(term.form[2]) == len(axes):
        return permutation(term.form[1], [term.form[2][a] for a in axes])
    if term.form[0] == "move" and all(a in axes for a in term.form[2]):
        _, base, lists = term.form
        return move(permutation(base, axes),
                    {place: lists[a] for place, a in enumerate(axes) if a in lists})
    shape = [term.extent(a) for a in axes]
    moved = [a for a in axes if term.extent(a) != 1]
    if moved == sorted(moved):
        return reshape(term, shape)
    return Term(f"permutation axes={words(axes)}", [term], shape, term.positive,
                ("permutation", term, list(axes)))


# Poolings: an axis is (step, [(first, count, divisor), ...])

def single(axis):
    return all(count == 1 and divisor == 1 for _, count, divisor in axis[1])


def each(axis, extent):
    return single(axis) and [w[0] for w in axis[1]] == list(range(extent))


def pooled_line(kind, rows, columns):
    def text(axis):
        step = axis[0] if any(count > 1 for _, count, _ in axis[1]) else 1
        return f"{step}*" + ",".join(
            f"{first}:{count}" + ("" if kind == "maximum" else f"/{divisor}")
            for first, count, divisor in axis[1])
    return f"{kind} rows={text(rows)} columns={text(columns)}"


def composed_pooling(axis, places, drops_zeros):
    """The same windows over what elements were chosen from; None if they are none there."""
    if places is None:
        return axis
    step, windows = 0, []
    for first, count, divisor in axis[1]:
        every = [places[first + axis[0] * i] for i in range(count)]
        real = [p for p in every if p >= 0]
        if not real or not drops_zeros and len(real) < len(every):
            return None
        for left, right in zip(real, real[1:]):
            step = step or right - left
            if step != right - left or step <= 0:
                return None
        windows.append((real[0], len(real), divisor))
    return max(step, 1), windows


def pooling(term, kind, rows, columns):
    if single(rows) and single(columns):
        return move(term, {2: [w[0] for w in rows[1]], 3: [w[0] for w in columns[1]]})
    if term.form[0] == "move" and all(a in (2, 3) for a in term.form[2]):
        _, source, lists = term.form
        drops = kind == "average" or term.positive
        r = composed_pooling(rows, lists.get(2), drops)
        c = composed_pooling(columns, lists.get(3), drops)
        if r and c:
            return pooling(source, kind, r, c)
    if term.form[0] == "pooling" and term.form[2] == kind:
        _, source, _, first_rows, first_columns = term.form
        if each(rows, term.extent(2)) and each(first_columns, source.extent(3)):
            return pooling(source, kind, first_rows, columns)
        if each(columns, term.extent(3)) and each(first_rows, source.extent(2)):
            return pooling(source, kind, rows, first_columns)
    shape = [term.extent(0), term.extent(1), len(rows[1]), len(columns[1])]
    return Term(pooled_line(kind, rows, columns), [term], shape, term.positive,
                ("pooling", term, kind, rows, columns))


def pooling_axis(p, kind, count, extent, kernel, stride, dilation, before, after):
    windows = []
    for index in range(count):
        elements = [index * stride - before + dilation * k for k in range(kernel)]
        inside = [e for e in elements if 0 <= e < extent]
        divisor = (sum(e < extent + after for e in elements)
                   if p["divisor"] == "paddedWindow" else len(inside))
        windows.append((inside[0], len(inside), 1 if kind == "maximum" else divisor))
    return dilation, windows


# Convolutions: an axis is [kernel, first, stride, dilation, count]

def composed_convolution(axis, places, extent):
    if places is None:
        return axis
    kernel, first, stride, dilation, count = axis
    real = [i for i, p in enumerate(places) if p >= 0]
    if not real:
        return None
    slope, start = 1, real[0]
    if len(real) > 1:
        rise, run = places[real[1]] - places[start], real[1] - start
        if rise <= 0 or rise % run:
            return None
        slope = rise // run
    offset = places[start] - slope * start
    for window in range(count):
        for element in range(kernel):
            place = first + window * stride + element * dilation
            target = slope * place + offset
            found = places[place] if 0 <= place < len(places) else -1
            if found != (target if 0 <= target < extent else -1):
                return None
    return [kernel, slope * first + offset, stride * slope, dilation * slope, count]


def trimmed(kernel, rows, columns):
    """Without rows and columns of zeros at the ends; one of each is left."""
    rows, columns = list(rows), list(columns)
    for array_axis, axis in ((2, rows), (3, columns)):
        used = (kernel != 0).any(axis=tuple(a for a in range(4) if a != array_axis))
        low = 0
        while low < len(used) - 1 and not used[low]:
            low += 1
        high = len(used)
        while high - low > 1 and not used[high - 1]:
            high -= 1
        kernel = kernel[:, :, low:high] if array_axis == 2 else kernel[:, :, :, low:high]
        axis[0], axis[1] = high - low, axis[1] + low * axis[3]
    return kernel, rows, columns


def convolution(term, kernel, groups, rows, columns):
    with np.errstate(over="ignore"):
        kernel = kernel.astype(np.float32)
    kernel, rows, columns = trimmed(kernel, rows, columns)
    outputs, depth, height, width = kernel.shape
    if height == width == 1:
        plane, depthwise = kernel[:, :, 0, 0], depth == 1 and outputs == groups
        used = plane != 0
        if depthwise or ((plane == 1) == used).all() and (used.sum(1) <= 1).all():
            chosen = [o if depthwise else
                      (o // (outputs // groups) * depth + int(used[o].argmax())) if used[o].any() else -1
                      for o in range(outputs)]
            places = lambda a, n: [p if 0 <= p < n else -1
                                   for p in (a[1] + j * a[2] for j in range(a[4]))]
            moved = move(term, {1: chosen, 2: places(rows, term.extent(2)),
                                3: places(columns, term.extent(3))})
            return affine(moved, ("multiply", plane[:, 0])) if depthwise else moved
    source = term
    if term.form[0] == "move" and all(a in (2, 3) for a in term.form[2]):
        _, base, lists = term.form
        r = composed_convolution(rows, lists.get(2), base.extent(2))
        c = composed_convolution(columns, lists.get(3), base.extent(3))
        if r and c:
            source, rows, columns = base, r, c
    for axis in (rows, columns):
        if axis[4] == 1:
            axis[2] = 1
        if axis[0] == 1:
            axis[3] = 1
    pair = lambda i: words([rows[i], columns[i]])
    line = (f"convolution kernel={words(kernel.shape)} groups={groups} first={pair(1)} "
            f"stride={pair(2)} dilation={pair(3)} count={pair(4)}")
    return Term(line, [source], [term.extent(0), outputs, rows[4], columns[4]],
                content=canonical(kernel))


# Layers

def activation(term, name, p):
    def made(line, positive=False):
        return Term(line, [term], term.shape, positive)

    if name == "relu":
        maximum = bits(p.get("maximum", math.inf))
        if rounded(p["negativeSlope"]) == 0:
            return made(f"clip minimum={bits(0)} maximum={maximum}", True)
        return made(f"leaky slope={bits(p['negativeSlope'])} maximum={maximum}")
    if name == "power":
        if p["power"] == 1:
            return affine(term, ("multiply", rounded(p["scale"])), ("add", rounded(p["shift"])))
        return made(f"power power={bits(p['power'])} scale={bits(p['scale'])} shift={bits(p['shift'])}")
    if name == "clip":
        return made(f"clip minimum={bits(p['minimum'])} maximum={bits(p['maximum'])}",
                    bool(rounded(p["minimum"]) >= 0))
    numbers = {"elu": ["alpha"], "selu": ["alpha", "gamma"], "celu": ["alpha"],
               "hardSigmoid": ["slope", "offset"]}.get(name, [])
    return made(" ".join([name.lower()] + [f"{n}={bits(p[n])}" for n in numbers]),
                name in ("sigmoid", "softplus", "absolute", "exponential", "hardSigmoid"))


def combine(operation, terms, places, shape):
    if len(terms) == 1:
        return terms[0]
    operands = sorted(zip(terms, (words(extents(p)) for p in places)),
                      key=lambda pair: (pair[0].digest, pair[1].encode()))
    positive = (any if operation == "maximum" else all)(t.positive for t in terms)
    return Term(f"{operation} shapes={'|'.join(p for _, p in operands)}", [t for t, _ in operands],
                shape, positive)


def number(value):
    return float(value)  # the strings "inf", "-inf" and "nan" are numbers too


class NormalForm:
    def __init__(self, batch_of_one, given):
        self.values, self.shapes, self.inputs = {}, {}, 0
        self.batch_of_one, self.given = batch_of_one, given

    def add(self, node, weights):
        terms = [self.values[v] for v in node["inputs"]]
        shapes = [self.shapes[v] for v in node["inputs"]]
        made = self.layer(node["type"], node["parameters"], weights, terms, shapes, node)
        for value, (term, shape) in zip(node["outputs"], made):
            self.values[value], self.shapes[value] = term, list(shape)

    def layer(self, kind, p, w, terms, shapes, node):
        x, shape = (terms[0], shapes[0]) if terms else (None, None)
        same = lambda term: [(term, shape)]
        if kind == "input":
            size = list(self.given.get(node["name"], p["shape"]))
            if self.batch_of_one and len(size) > 1:
                size[0] = 1
            index, self.inputs = self.inputs, self.inputs + 1
            return [(Term(f"input index={index} shape={words(extents(size))}", [], size), size)]
        if kind == "convolution":
            k, (t, l, b, r) = w["kernel"], p["padding"]
            count = [(n + a - d * (e - 1) - 1) // s + 1 for n, a, d, e, s in zip(
                shape[2:], (t + b, l + r), p["dilation"], k.shape[2:], p["stride"])]
            axes = [[k.shape[2 + i], -(t, l)[i], p["stride"][i], p["dilation"][i], count[i]]
                    for i in range(2)]
            product = convolution(x, k, p["groups"], *axes)
            if "bias" in w:
                product = affine(product, ("add", rounded(w["bias"])))
            return [(product, [shape[0], k.shape[0], *count])]
        if kind == "fullyConnected":
            return [self.dense(p, w, x, shape)]
        if kind == "batchNormalization":
            return same(normalization(x, number(p["epsilon"]), w))
        if kind in ("scale", "bias"):
            factor = w.get("scale") if kind == "scale" else None
            bias, axis = w.get("bias"), p["axis"]
            for size in [list(a.shape) for a in (factor, bias) if a is not None] + shapes[1:]:
                require(math.prod(size) == 1 or shape[axis:axis + len(size)] == size,
                        f"{node['name']}: {size} does not fit {shape} from axis {axis} on")
            if len(terms) > 1:
                places = [shape, [1] * axis + list(shapes[1])]
                x = combine("product" if kind == "scale" else "sum", terms, places, shape)
            return same(constants(x, factor, bias, axis))
        if kind in ("relu", "elu", "sigmoid", "tanh", "power", "activation"):
            numbers = {n: number(v) for n, v in p.items() if n != "function"}
            return same(activation(x, p.get("function", kind), numbers))
        if kind == "prelu":
            slopes = rounded(w["slope"]).reshape(-1)
            if len({bits(s) for s in slopes}) == 1:
                return same(activation(x, "relu", {"negativeSlope": slopes[0]}))
            return same(Term(f"prelu channels={len(slopes)}", [x], x.shape, content=canonical(slopes)))
        if kind in ("pooling", "dilatedPooling"):
            return [self.pooling(p, x, shape)]
        if kind == "globalPooling":
            whole = [(1, [(0, n, 1 if p["kind"] == "maximum" else n)]) for n in shape[2:]]
            return [(pooling(x, p["kind"], *whole), shape[:2] + [1, 1])]
        if kind == "elementwise":
            for i, c in enumerate(p["coefficients"]):
                terms[i] = affine(terms[i], ("multiply", rounded(number(c))))
            output = list(np.broadcast_shapes(*map(tuple, shapes)))
            places = [[1] * (len(output) - len(s)) + list(s) for s in shapes]
            return [(combine(p["operation"], terms, places, output), output)]
        if kind == "concatenation":
            output = list(shape)
            output[p["axis"]] = sum(s[p["axis"]] for s in shapes)
            if len(terms) == 1:
                return [(x, output)]
            return [(Term(f"concatenation axis={p['axis']} inputs={len(terms)}", terms, output,
                          all(t.positive for t in terms)), output)]
        if kind == "slice":
            axis, parts = p["axis"], len(node["outputs"])
            extent = shape[axis]
            edges = [0, *p["points"], extent] if "points" in p else \
                [i * (extent // parts) for i in range(parts)] + [extent]
            return [(move(x, {axis: range(a, b)}), shape[:axis] + [b - a] + shape[axis + 1:])
                    for a, b in zip(edges, edges[1:])]
        if kind == "crop":
            axis = p["axis"]
            places = range(shape[axis])[p["start"]:p.get("end"):p["step"]]
            return [(move(x, {axis: places}), shape[:axis] + [len(places)] + shape[axis + 1:])]
        if kind in ("zeroPadding", "padding"):
            return [self.padding(p, x, shape)]
        if kind == "flatten":
            end = p["endAxis"] % len(shape)
            output = shape[:p["axis"]] + [math.prod(shape[p["axis"]:end + 1])] + shape[end + 1:]
            return [(reshape(x, output), output)]
        if kind == "reshape":
            axis = p["axis"]
            end = axis + p.get("axisCount", len(shape) - axis)
            new = [shape[axis + i] if e == 0 else e for i, e in enumerate(p["extents"])]
            output = shape[:axis] + new + shape[end:]
            if -1 in output:
                output[output.index(-1)] = math.prod(shape) // -math.prod(output)
            require(math.prod(output) == math.prod(shape), f"{node['name']}: {shape} as {output}")
            return [(reshape(x, output), output)]
        if kind == "permutation":
            output = [shape[a] for a in p["axes"]]
            return [(permutation(x, p["axes"]), output)]
        if kind in ("softmax", "logSoftmax"):
            return same(Term(f"{kind.lower()} axis={p['axis']}", [x], x.shape, kind == "softmax"))
        if kind == "localResponseNormalization":
            return same(Term(
                f"normalization region={p['region']} size={p['size']} alpha={bits(p['alpha'])} "
                f"beta={bits(p['beta'])} k={bits(p['k'])}", [x], x.shape))
        if kind == "passThrough":
            return same(x)
        raise ValueError(f"{node['name']}: unknown type {kind}")

    def dense(self, p, w, x, shape):
        k, axis = w["kernel"], p["axis"]
        output = shape[:axis] + [k.shape[0]]
        require(math.prod(shape[axis:]) == k.shape[1], f"a matrix {k.shape} for {shape}")
        bias = rounded(w["bias"]) if "bias" in w else np.zeros(k.shape[0])
        if axis != 1:
            return Term(f"dense axis={axis} kernel={words(k.shape)}", [x], output,
                        content=canonical(k) + canonical(bias)), output
        source = reshaped(x)
        if source.extent(0) != x.extent(0):
            source = x
        rows, columns = source.extent(2), math.prod(source.shape[3:])
        k = k.reshape(k.shape[0], source.extent(1), rows, columns)
        product = convolution(source, k, 1, [rows, 0, 1, 1, 1], [columns, 0, 1, 1, 1])
        return affine(product, ("add", bias)), output

    def pooling(self, p, x, shape):
        t, l, b, r = p["padding"]
        dilation, axes = p.get("dilation", [1, 1]), []
        for i, (before, after) in enumerate(((t, b), (l, r))):
            n, k, s, d = shape[2 + i], p["kernel"][i], p["stride"][i], dilation[i]
            free = n + before + after - d * (k - 1) - 1
            count = (free if p["rounding"] == "floor" else free + s - 1) // s + 1
            if p["clipsLastWindow"] and (count - 1) * s >= n + before:
                count -= 1
            axes.append(pooling_axis(p, p["kind"], count, n, k, s, d, before, after))
        return pooling(x, p["kind"], *axes), shape[:2] + [len(a[1]) for a in axes]

    def padding(self, p, x, shape):
        (t, l, b, r), before, after = p["spatial"], p["channelsBefore"], p["channelsAfter"]
        output = [shape[0], shape[1] + before + after, shape[2] + t + b, shape[3] + l + r]
        value = number(p.get("value", 0))
        if value:
            return Term(f"padding value={bits(value)} spatial={words((t, l, b, r))} "
                        f"channels={words((before, after))}", [x], output,
                        x.positive and bool(rounded(value) >= 0)), output
        places = lambda n, low, high: [i if 0 <= i < n else -1 for i in range(-low, n + high)]
        return move(x, {1: places(shape[1], before, after), 2: places(shape[2], t, b),
                        3: places(shape[3], l, r)}), output


def fingerprint(head, arrays, given={}):
    """The fingerprint of a model and its terms, those that are read first."""
    tensors = [arrays[t["name"]] for t in head["tensors"]]
    for batch_of_one in (True, False):
        form = NormalForm(batch_of_one, given)
        try:
            for node in head["nodes"]:
                form.add(node, {role: tensors[i] for role, i in node["weights"].items()})
            break
        except (ValueError, IndexError, ZeroDivisionError):
            if not batch_of_one:
                raise
    read_values = {v for node in head["nodes"] for v in node["inputs"]}
    outputs = [form.values[v] for node in head["nodes"] for v in node["outputs"]
               if v not in read_values]
    terms, stack, seen = [], [(t, False) for t in outputs], set()
    while stack:
        term, is_done = stack.pop()
        if is_done:
            terms.append(term)
        elif term.digest not in seen:
            seen.add(term.digest)
            stack += [(term, True)] + [(t, False) for t in term.inputs]
    text = f"network version={VERSION} inputs={form.inputs} outputs={len(outputs)}\n"
    digest = hashlib.sha256(text.encode() + b"".join(sorted(t.digest for t in outputs)))
    return f"r{VERSION}:{digest.hexdigest()}", terms


def main(path, *options):
    try:
        head, _, arrays = read(path)
        text, terms = fingerprint(head, arrays)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        sys.exit(print(f"{path}: {error}", file=sys.stderr) or 65)
    print(text)
    if options:
        for term in terms:
            print(term.digest.hex()[:12], term.line)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--terms"]):
        sys.exit(print(__doc__, file=sys.stderr) or 64)
    main(*sys.argv[1:])
