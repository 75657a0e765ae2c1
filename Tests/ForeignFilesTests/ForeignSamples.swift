import TensorCore
import TestSupport

/// The beginnings of files of other programs, as small as they can be.
enum ForeignSamples {
  private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
  private static func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func all(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap { $0 } }
  private static let numbers: [UInt8] = (1...64).flatMap { word((Float($0) / 100).bitPattern) }

  static let signatures: [(String, [UInt8])] = [
    (
      "a PyTorch checkpoint (from before version 1.6)",
      [
        0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e, 0x80,
        2,
      ]
    ),
    ("a pickle of Python", [0x80, 4, 0x95, 0, 0]),
    ("a GGUF file", all(ascii("GGUF"), word(3))),
    ("a TensorFlow Lite model", all(word(20), ascii("TFL3"), zeros(40))),
    ("a TensorFlow checkpoint", all(zeros(40), [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb])),
    ("parameters of MXNet", all([0x12, 1], zeros(14), [1])),
    ("weights of ncnn", [0x47, 0x6b, 0x30, 0x01, 0, 0x3c]),
    ("a definition of ncnn", all(word(7_767_517), word(3))),
    ("a MAT-file of MATLAB", ascii("MATLAB 5.0 MAT-file, Platform: GLNXA64")),
    ("an array of NumPy (.npy)", all([0x93], ascii("NUMPY"), [1, 0])),
    ("an xz archive", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]),
    ("a Zstandard archive", [0x28, 0xb5, 0x2f, 0xfd, 0x24]),
    ("a bzip2 archive", ascii("BZh91AY&SY")),
    ("a 7-Zip archive", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]),
    ("a JPEG image", [0xff, 0xd8, 0xff, 0xe0, 0, 16]),
    ("a PNG image", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ("a GIF image", ascii("GIF89a")),
    ("a WebP image", all(ascii("RIFF"), word(20), ascii("WEBPVP8 "))),
    ("a PDF document", ascii("%PDF-1.4\n")),
    ("a program or library (ELF)", all([0x7f], ascii("ELF"))),
    ("a database of LMDB", all(zeros(16), word(0xbeef_c0de), zeros(16))),
  ]

  static let tensors: [(String, [UInt8])] = [
    (
      "a safetensors file",
      all(
        word(62), word(0),
        ascii("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"), zeros(12))
    ),
    ("a file of Torch7", all(word(4), word(1), word(3), ascii("V 1"), word(13))),
    ("a file of Torch7", all(word(3), word(1), word(1), word(2), word(5), ascii("hello"))),
    ("a file of Torch7", all(word(3), word(1), word(0))),
    ("parameters of PaddlePaddle", all(zeros(16), word(6), [0x08, 5, 0x10, 3, 0x10, 4])),
    (
      "weights of Darknet",
      all(word(0), word(2), word(5), word(32_013_312), word(0), numbers)
    ),
  ]

  // Messages, from the inside out.
  private static func message(_ number: UInt16, _ parts: [UInt8]...) -> [UInt8] {
    let (tag, contents) = (number << 3 | 2, parts.flatMap { $0 })
    let bytes = tag < 128 ? [UInt8(tag)] : [UInt8(tag & 0x7f | 0x80), UInt8(tag >> 7)]
    return bytes + [UInt8(contents.count)] + contents
  }
  private static func text(_ number: UInt16, _ text: String) -> [UInt8] {
    message(number, ascii(text))
  }
  private static func integer(_ number: UInt8, _ value: UInt8) -> [UInt8] { [number << 3, value] }

  private static let graphNode = message(1, text(1, "input/x"), text(2, "Placeholder"))
  private static let metaGraph = all(
    message(1, text(4, "serve"), text(5, "2.12.0")), message(2, graphNode, message(4, [8, 1])))

  static let messages: [(String, [UInt8])] = [
    ("an ONNX model", all(integer(1, 10), text(2, "pytorch"), message(7, message(1, [0x0a, 0])))),
    (
      "an ONNX model",
      all(integer(1, 7), message(7, message(1, [0x0a, 1, 0x78])), message(8, integer(2, 13)))
    ),
    (
      "a model of Core ML",
      all(integer(1, 4), message(2, message(1, [0x0a, 1, 0x78])), message(500, [0]))
    ),
    ("a SavedModel of TensorFlow", all(integer(1, 1), message(2, metaGraph))),
    ("a frozen graph of TensorFlow (GraphDef)", all(graphNode, graphNode, message(4, [8, 27]))),
    ("the graph of a TensorFlow checkpoint (MetaGraphDef)", metaGraph),
    (
      "a network of Caffe2",
      all(
        text(1, "init"),
        message(2, text(2, "w"), text(4, "GivenTensorFill"), message(5, [0x0a, 1, 0x61])))
    ),
    (
      "a program of PaddlePaddle",
      message(1, [8, 0, 0x10], [UInt8](repeating: 0xff, count: 9), [1], text(3, "x"))
    ),
    (
      "the state of a Caffe solver, with which training goes on",
      all(integer(1, 100), text(2, "net_iter_100.caffemodel"), message(3, [0x2a, 0]))
    ),
  ]

  private static func zip(_ names: String...) -> [UInt8] {
    ZipBuilder(members: names.map { .init(name: $0, content: [1, 2, 3]) }).bytes.array
  }

  private static func tar(_ name: String) -> [UInt8] {
    var header = all(ascii(name), zeros(512 - name.utf8.count))
    header.replaceSubrange(148..<156, with: ascii("        "))
    let sum = header.reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    let padded = String(repeating: "0", count: 6 - digits.count) + digits
    header.replaceSubrange(148..<156, with: all(ascii(padded), [0, 0x20]))
    return all(header, zeros(512))
  }

  static let archives: [(String, [UInt8])] = [
    ("a PyTorch checkpoint", zip("net/data.pkl", "net/version", "net/data/0")),
    ("a PyTorch checkpoint", Array(zip("net/data.pkl", "net/data/0").prefix(60))),
    (
      "a TorchScript archive of PyTorch",
      zip("net/data.pkl", "net/code/__torch__.py", "net/constants.pkl")
    ),
    ("arrays of NumPy (.npz)", zip("a.npy", "b.npy")),
    ("a packed SavedModel of TensorFlow", zip("m/saved_model.pb", "m/variables/variables.index")),
    ("a packed model of Core ML", zip("Data/com.apple.CoreML/model.mlmodel")),
    ("a zip archive that holds model/net.caffemodel", zip("README.md", "model/net.caffemodel")),
    ("a zip archive of other things (a.txt, b.txt)", zip("a.txt", "b.txt")),
    (
      "a gzip archive of net.caffemodel",
      all([0x1f, 0x8b, 8, 8], zeros(6), ascii("net.caffemodel\0"))
    ),
    ("a gzip archive", all([0x1f, 0x8b, 8, 0], zeros(6), [0x4b])),
    ("a PyTorch checkpoint (a tar archive, from before version 0.2)", tar("sys_info")),
    ("a tar archive that begins with net.caffemodel", tar("net.caffemodel")),
  ]

  static let texts: [(String, String)] = [
    (
      "a Git LFS pointer instead of the file",
      "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"
    ),
    ("a git-annex pointer instead of the file", "/annex/objects/SHA256E-s1--ab.caffemodel\n"),
    (
      "a web page (\"Google Drive - Virus scan warning\")",
      "<!DOCTYPE html>\n<html><head><title>Google Drive - Virus scan warning</title></head></html>"
    ),
    ("a web page", "\n  <html>\n<body>moved</body></html>"),
    ("the answer of a server (\"404: Not Found\")", "404: Not Found"),
    (
      "the answer of a server (an error in XML)",
      "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"
    ),
    ("a network of OpenVINO (XML)", "<?xml version=\"1.0\"?>\n<net name=\"n\" version=\"10\">"),
    ("an XML document", "<?xml version=\"1.0\"?><svg/>"),
    ("a definition of Darknet", "# yolo\n[net]\nbatch=1\n[convolutional]\n"),
    ("a definition of ncnn", "7767517\n3 3\nInput data 0 1 data\n"),
    ("a file of Torch7 (ASCII)", "4\n1\n3\nV 1\n13\nnn.Sequential\n"),
    ("the list of checkpoints of TensorFlow", "model_checkpoint_path: \"model.ckpt-1\"\n"),
    ("a graph of TensorFlow in text", "node {\n  name: \"x\"\n  op: \"Placeholder\"\n}\n"),
    ("a network of Caffe2 in text", "name: \"n\"\nop {\n  type: \"Conv\"\n}\n"),
  ]

  static let described: [(String, String)] = [
    ("text (\"# ResNet-50\")", "# ResNet-50\n\nTrained on ImageNet.\n"),
    ("text (\"tench\")", "tench\ngoldfish\n"),
    ("a program in Python", "import torch\n"),
    ("white space", " \n\n"),
    ("a network of MXNet", "{\"nodes\": [], \"arg_nodes\": [0], \"heads\": []}"),
    ("a model of TensorFlow.js", "{\"format\": \"layers-model\", \"modelTopology\": {}}"),
    ("the configuration of a Hugging Face model", "{\"architectures\": [\"ResNetModel\"]}"),
    ("the history of a training with Keras", "{\"loss\": [1.0], \"val_loss\": [2.0]}"),
    ("the metadata of a Keras archive", "{\"keras_version\": \"3.3.3\", \"date_saved\": \"x\"}"),
    (
      "the description of a JavaScript package (package.json)",
      "{\"name\": \"a\", \"version\": \"1\", \"scripts\": {}}"
    ),
    ("names of classes in JSON", "{\"0\": [\"n01440764\", \"tench\"]}"),
    ("the answer of a server (\"Not Found\")", "{\"message\": \"Not Found\", \"status\": \"404\"}"),
    ("a Jupyter notebook", "{\"cells\": [], \"nbformat\": 4}"),
    ("the index of weights in several files", "{\"metadata\": {}, \"weight_map\": {}}"),
    ("JSON of another kind (a, b)", "{\"a\": 1, \"b\": 2}"),
    ("JSON of another kind (an array)", "[1, 2]"),
  ]

  private static let archive = zip("metadata.json", "config.json", "model.weights.h5")
  private static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  static let ours: [[UInt8]] = [
    // Networks of Caffe whose names and first layers look like other messages.
    all(text(1, "input/x"), message(100, text(1, "TFL3"), text(2, "Input"))),
    text(1, "TFL3TFL3"), text(1, "abTFL3TFL3"),
    all(text(1, "MATLAB 5"), message(100, text(1, "x"))),
    // `layers { layer { name type } }` of 2013 and `layers` of 2014.
    all(text(1, "n"), message(2, message(1, text(1, "conv1"), text(2, "conv")))),
    message(2, message(1, text(1, "conv1"), text(2, "conv"))),
    all(
      text(1, "n"), message(2, text(2, "data"), text(3, "c"), text(4, "c"), integer(5, 4))),
    // Mean images, also with a shape instead of four numbers.
    all(integer(1, 1), integer(2, 3), integer(3, 1), integer(4, 1), message(5, zeros(12))),
    all(message(7, message(1, [1, 3, 1, 1])), message(5, zeros(12))),
    all(message(7, message(1, [1, 3, 1, 1])), message(8, zeros(24))),
    // Definitions.
    ascii("# [net]\nname: \"n\"\nlayer { name: \"a\" type: \"ReLU\" }\n"),
    ascii("input: \"data\"\nlayers { type: RELU }\n"),
    ascii("name: \"net\"\nlayer {\n  solver_mode: 1\n}\n"),
    // HDF5, also behind a user block, and the native format.
    hdf5, all(zeros(512), hdf5), all(tar("net.h5"), hdf5),
    [0x89, 0x52, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a],
    // An archive of Keras, whole and cut short.
    archive, Array(archive.prefix(80)),
  ]
}
