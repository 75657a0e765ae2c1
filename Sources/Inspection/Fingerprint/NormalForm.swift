internal import Hashing
internal import ModelGraph
internal import TensorCore

/// A network as terms over its inputs, in which the ways of frameworks to write the same thing are
/// one.
struct NormalForm {
  /// What is known of a term, for the rules that look at what a layer reads.
  enum Form {
    /// `x · scale + shift` for each channel; the term it reads is none itself.
    case affine(of: Int, ChannelAffine)
    /// Elements chosen along axes, −1 for a zero; the term it reads is none itself.
    case move(of: Int, [Int: [Int]])
    /// The same elements under other extents; the term it reads is none itself.
    case reshape(of: Int)
    /// Axes in another order; the term it reads is none itself.
    case permutation(of: Int, [Int])
    /// Maxima or averages over windows.
    case pooling(of: Int, WindowPooling)
    /// Nothing that matters.
    case other
  }

  /// One value.
  struct Term {
    let line: String
    let inputs: [Int]
    /// Its extents for one image, the first being 1, without those of 1 at the end.
    let extents: [Int]
    /// Whether no element is below zero, whatever enters the network.
    let isNonNegative: Bool
    let form: Form
    let digest: SHA256.Digest

    /// The extent of an axis, which may be one of those that were left out.
    func extent(_ axis: Int) -> Int { axis < extents.count ? extents[axis] : 1 }
  }

  private(set) var terms: [Term] = []
  /// The terms of the network's values.
  var values: [String: Int] = [:]
  let shapes: [String: Shape]
  private(set) var inputCount = 0

  init(shapes: [String: Shape]) { self.shapes = shapes }

  subscript(index: Int) -> Term { terms[index] }

  /// Adds a term.
  ///
  /// - Parameters:
  ///   - line: what it is, with all its settings.
  ///   - inputs: what it reads, in an order that counts.
  ///   - content: appends its numbers.
  mutating func append(
    _ line: String, _ inputs: [Int] = [], extents: [Int], isNonNegative: Bool = false,
    form: Form = .other, content: (inout SHA256) -> Void = { _ in }
  ) -> Int {
    var hash = SHA256()
    hash.update(line + "\n")
    for input in inputs { hash.update(terms[input].digest.bytes) }
    content(&hash)
    terms.append(
      Term(
        line: line, inputs: inputs, extents: extents.withoutTrailingOnes,
        isNonNegative: isNonNegative, form: form, digest: hash.finish()))
    return terms.count - 1
  }

  mutating func appendInput(_ shape: Shape) -> Int {
    let extents = shape.dimensions.withoutTrailingOnes
    defer { inputCount += 1 }
    return append("input index=\(inputCount) shape=\(extents.list)", extents: extents)
  }

  /// The hash of the outputs, in an order of its own.
  func digest(of network: Network) -> SHA256.Digest {
    let outputs = network.outputs.map { terms[values[$0]!].digest }.sorted()
    var hash = SHA256()
    hash.update(
      "network version=\(Fingerprint.version) inputs=\(inputCount) outputs=\(outputs.count)\n")
    for output in outputs { hash.update(output.bytes) }
    return hash.finish()
  }

  /// The terms that some are made of, with their places in that list.
  func reachable(from outputs: [Int]) -> [Fingerprint.Term] {
    var isReached = [Bool](repeating: false, count: terms.count)
    for output in outputs { isReached[output] = true }
    for index in terms.indices.reversed() where isReached[index] {
      for input in terms[index].inputs { isReached[input] = true }
    }
    var places: [SHA256.Digest: Int] = [:]
    var list: [Fingerprint.Term] = []
    for index in terms.indices where isReached[index] {
      let term = terms[index]
      guard places[term.digest] == nil else { continue }
      places[term.digest] = list.count
      list.append(
        Fingerprint.Term(
          line: term.line, inputs: term.inputs.map { places[terms[$0].digest]! },
          digest: term.digest.description))
    }
    return list
  }
}

extension [Int] {
  /// `1,16,32,32`.
  var list: String { map(String.init).joined(separator: ",") }

  /// Extents of 1 at the end do not change which element is which.
  var withoutTrailingOnes: [Int] { Array(prefix((lastIndex { $0 != 1 } ?? 0) + 1)) }
}
