internal import CModelSchemas
internal import Files
internal import ModelIO
internal import Protobuf

/// The padding layers of V0 that wait for the convolution or pooling that reads them.
struct V0Paddings {
  private struct Padding {
    var layer: Int
    var bottom: String
    var width: Int
    var isRead = false
  }

  /// By the blob they write.
  private var waiting: [String: Padding] = [:]
  private var folded: [String] = []

  /// What was folded, in one sentence if anything was.
  var notes: [String] {
    folded.isEmpty
      ? []
      : ["folded padding layers into their readers: \(listed(folded).joined(separator: ", "))"]
  }

  mutating func add(
    _ layer: Int, width: Int, _ bottoms: [String], _ tops: [String]
  ) throws(FormatError) {
    guard bottoms.count == 1, tops.count == 1 else {
      throw FormatError(
        at: .object("layer \(layer + 1)"),
        "expected a padding layer of one bottom and one top, found \(bottoms.count) and "
          + "\(tops.count)")
    }
    waiting[tops[0]] = Padding(layer: layer, bottom: bottoms[0], width: width)
  }

  /// Replaces a padded blob that a layer reads by the blob before the padding layer.
  ///
  /// - Returns: the width of the padding; nil if there is none.
  mutating func fold(
    into layer: Caffe__V0LayerParameter, _ bottoms: inout [String], at place: FormatError.Location
  ) throws(FormatError) -> Int? {
    guard let padding = bottoms.compactMap({ waiting[$0] }).first else { return nil }
    let type = text(layer.type)
    guard type == "conv" || type == "pool", bottoms.count == 1 else {
      throw FormatError(
        at: place,
        "expected a conv or pool layer of one bottom after the padding of layer "
          + "\(padding.layer + 1), found \(quoted(type)) of \(bottoms.count)")
    }
    waiting[bottoms[0]]?.isRead = true
    bottoms = [padding.bottom]
    folded.append("\(text(layer.name)) (\(padding.width))")
    return padding.width
  }

  /// Takes note that blobs are written anew.
  ///
  /// - Throws: `FormatError` for a padding layer that no layer has read.
  mutating func overwrite(_ blobs: [String]) throws(FormatError) {
    for blob in blobs {
      guard let padding = waiting.removeValue(forKey: blob), !padding.isRead else { continue }
      throw FormatError(
        at: .object("layer \(padding.layer + 1)"),
        "expected a conv or pool layer that reads the padding layer, found none")
    }
  }

  mutating func finish() throws(FormatError) { try overwrite(waiting.keys.sorted()) }
}
