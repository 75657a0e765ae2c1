internal import TensorCore

/// What `resnet-hdf5-reader` answers on its standard output, in a form of this toolkit.
///
///     signature  version of libhdf5  what the kernel lacks
///     0  kind  path  reason                     what is wrong with the file
///     1  group  elements of each dataset ...  2 what is in it
///
/// Integers have one byte where they are a choice, else eight, least significant first. A text is
/// its length and UTF-8. Of datasets in one run only the place is told: whoever has the file has
/// their elements.
package enum LibraryReply {
  static let signature: [UInt8] = Array("RTH5".utf8) + [1]

  /// How long a file may be computed about: a second for each MiB, of which libhdf5 decodes fifty,
  /// and one for the begin.
  package static func computingSeconds(for byteCount: Int) -> Int { 1 + byteCount >> 20 }

  /// The first byte behind the head.
  enum Outcome: UInt8 { case refused, listed, end }

  /// What a group has under a name.
  enum Member: UInt8 { case group, dataset, namedType, softLink, externalLink, userDefinedLink }

  enum AttributeKind: UInt8 { case strings, integers, numbers, other }

  enum ElementKind: UInt8 { case numbers, bigEndianNumbers, opaque, other }

  enum StorageKind: UInt8 { case unwritten, run, compact, chunked, external, virtual, other }

  enum FilterKind: UInt8 { case shuffle, deflate, fletcher32, lzf, other }

  /// Whether a dataset's elements were read or why not.
  enum ElementsOutcome: UInt8 { case read, refused, refusedForSafety }

  static let elementTypes: [ElementType] = [.float16, .bfloat16, .float32, .float64]
}

extension HDF5File.Dataset {
  /// The bytes of the elements that are told one by one; nil for those that are not.
  package var toldByteCount: Int? {
    switch storage {
    case .contiguous, .external, .virtual: nil
    case .compact, .chunked, .other:
      switch elements {
      case .numbers: byteCount
      // What may be bfloat16.
      case .opaque(2): shape.elementCount <= Int.max / 2 ? shape.elementCount * 2 : nil
      case .opaque, .other: nil
      }
    }
  }
}

extension HDF5File.Group {
  /// The datasets in it, however deep, in the order of members.
  package var datasets: [HDF5File.Dataset] {
    var found: [HDF5File.Dataset] = []
    _ = mappingDatasets { dataset in
      found.append(dataset)
      return dataset
    }
    return found
  }
}
