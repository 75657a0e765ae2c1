"""Small networks that Keras itself makes, by Keras 3 or tf_keras, with random weights."""

import numpy as np
import tf_keras


def residual(library) -> object:
    layers = library.layers
    x = image = layers.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 7, strides=2, padding="same", name="stem")(x)
    x = layers.BatchNormalization(epsilon=1.001e-5)(x)
    x = layers.ReLU()(x)
    x = layers.ZeroPadding2D(((1, 1), (1, 1)))(x)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for unit in range(2):
        shortcut = x
        if unit == 0:
            shortcut = layers.Conv2D(16, 1, name="0_conv")(shortcut)
            shortcut = layers.BatchNormalization()(shortcut)
        y = layers.Conv2D(4, 1)(x)
        y = layers.BatchNormalization(scale=False)(y)
        y = layers.Activation("relu")(y)
        y = layers.Conv2D(4, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization(center=False)(y)
        y = layers.ReLU(6.0)(y)
        y = layers.Conv2D(16, 1)(y)
        x = layers.Activation("relu")(layers.Add()([shortcut, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return library.Model(image, layers.Dense(10, activation="softmax", name="probs")(x))


def mobile(library) -> object:
    """Convolutions in depth with and without those over pixels in one layer."""
    layers = library.layers
    x = image = layers.Input((9, 9, 4), name="image")
    for stride in (1, 2):
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
        x = layers.Conv2D(6, 1)(x)
        x = layers.SeparableConv2D(4, 3, use_bias=False)(x)
        x = layers.PReLU()(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return library.Model(image, layers.Dense(3)(layers.BatchNormalization()(x)))


def layer_zoo(library) -> object:
    layers = library.layers
    image = layers.Input((13, 11, 4), name="image")
    a = layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding="same")(image)
    a = layers.PReLU(shared_axes=[1, 2])(a)
    b = layers.Conv2D(8, 3, strides=2, groups=2, padding="same", activation="tanh")(image)
    c = layers.SeparableConv2D(8, 3, padding="same")(image)
    c = layers.AveragePooling2D(2, padding="same")(c)
    d = layers.Conv2D(8, 3, dilation_rate=2, padding="same")(image)
    d = layers.MaxPooling2D(3, strides=2, padding="same")(d)
    x = layers.Concatenate()([layers.Multiply()([a, b]), layers.Maximum()([c, d])])
    x = layers.LeakyReLU(0.1)(x) if library is tf_keras else layers.LeakyReLU(
        negative_slope=0.1)(x)
    x = layers.ELU(0.5)(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(12, activation="sigmoid")(x)
    return library.Model(image, [layers.Dense(5)(x), layers.Softmax()(x)])


def shared(library) -> object:
    layers = library.layers
    inputs = left, right = [layers.Input((6, 6, 2), name=name) for name in ("left", "right")]
    # What the second call of `conv` is called when it is read, conv#2, is fit only as conv_2.
    convolution = layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")
    dense = layers.Dense(7)
    left = layers.Conv2D(2, 1, name="conv_2")(left)
    values = [dense(layers.GlobalMaxPooling2D()(convolution(x))) for x in (left, right)]
    return library.Model(inputs, layers.Add()(values))


def squeeze(library) -> object:
    layers = library.layers
    image = layers.Input((8, 8, 6), name="image")
    gate = layers.GlobalAveragePooling2D()(image)
    gate = layers.Dense(6, activation="sigmoid")(layers.Dense(2, activation="relu")(gate))
    x = layers.Multiply()([image, layers.Reshape((1, 1, 6))(gate)])
    return library.Model(image, layers.Permute((3, 1, 2))(x))


def sequential(library) -> object:
    layers = library.layers
    return library.Sequential([
        layers.Input((9, 9, 2)), layers.Conv2D(3, 3, strides=3), layers.BatchNormalization(),
        layers.Flatten(), layers.BatchNormalization(), layers.Dense(4)])


def signal(library) -> object:
    """A ResNet along lines: padding of every kind, poolings, a gate."""
    layers = library.layers
    x = image = layers.Input((40, 2), name="signal")
    x = layers.Conv1D(8, 7, strides=2, use_bias=False)(layers.ZeroPadding1D((3, 2))(x))
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.MaxPooling1D(3, strides=2, padding="same")(x)
    for stride in (1, 2):
        y = layers.Conv1D(8, 3, strides=stride, padding="same")(x)
        y = layers.PReLU(shared_axes=[1])(layers.BatchNormalization()(y))
        y = layers.Conv1D(8, 3, padding="causal", dilation_rate=2)(y)
        if stride == 2:
            x = layers.AveragePooling1D(2, padding="same")(x)
            gate = layers.Dense(8, activation="sigmoid")(layers.GlobalAveragePooling1D()(y))
            y = layers.Multiply()([y, layers.Reshape((1, 8))(gate)])
        x = layers.ReLU(6.0)(layers.Add()([x, y]))
    x = layers.Concatenate()([layers.GlobalMaxPooling1D()(x), layers.Flatten()(x)])
    return library.Model(image, layers.Dense(4, activation="softmax")(x))


def line_zoo(library) -> object:
    """Convolutions in depth along lines, cut ends, and a signal that becomes a line."""
    layers = library.layers
    x = image = layers.Input((30,), name="signal")
    x = layers.Conv1D(3, 5, padding="same", activation="tanh")(layers.Reshape((30, 1))(x))
    x = layers.DepthwiseConv1D(3, strides=2, depth_multiplier=2, padding="same")(x)
    x = layers.PReLU()(layers.SeparableConv1D(5, 3, padding="same", activation="relu")(x))
    x = layers.AveragePooling1D(3, strides=2)(layers.Cropping1D((1, 3))(x))
    x = layers.Conv1D(4, 2)(layers.Permute((2, 1))(x))
    return library.Model(image, layers.Softmax()(x))


def randomize(model) -> None:
    generator = np.random.default_rng(5)
    model.set_weights([
        generator.uniform(0.5, 1.5, w.shape).astype(w.dtype) if "variance" in v.name
        else (generator.standard_normal(w.shape) * 0.3).astype(w.dtype)
        for v, w in zip(model.weights, model.get_weights())])


MAKERS = (residual, mobile, layer_zoo, shared, squeeze, sequential, signal, line_zoo)
