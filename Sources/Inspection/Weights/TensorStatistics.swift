public import ModelGraph
public import TensorCore

/// What the numbers of one tensor look like, as a whole and for each output channel.
public struct TensorStatistics: Sendable {
  /// The kernels of one output channel.
  public struct Channel: Sendable {
    /// What its numbers look like.
    public let moments: ElementMoments
    /// The energy of the errors of 8-bit integers times a factor of its own.
    public let int8Noise: Double
    /// The first channel that has the same bits; nil for the first itself, and for zeros.
    public internal(set) var duplicated: Int?
  }

  /// An element is an outlier that is so many standard deviations away from the tensor's mean.
  public static let outlierDeviations = 6.0
  /// How many bins a histogram has, all as wide, from the smallest to the largest finite element.
  public static let binCount = 24

  /// The tensor's name: `layer/role`, or that in the file.
  public let name: String
  /// The layer it belongs to; nil where that is not known.
  public let layer: String?
  /// The part it plays there.
  public let role: Layer.WeightRole?
  /// What its elements are.
  public let elementType: ElementType
  /// Its extents.
  public let shape: Shape
  /// What all its numbers look like.
  public internal(set) var moments = ElementMoments()
  /// The index of the first element that is infinite or no number, row-major.
  public internal(set) var firstNonFinite: Int?
  /// Elements that are outliers.
  public internal(set) var outlierCount = 0
  /// Counts of equally wide bins; empty where all finite elements are equal.
  public internal(set) var histogram: [Int] = []
  /// What fewer bits cost.
  public internal(set) var cost = RoundingCost()
  /// The output channels; empty where the tensor has no kernels.
  public internal(set) var channels: [Channel] = []

  /// Looks at every element of a tensor.
  ///
  /// The memory it takes is that of one channel, and of the tensor where its elements are made on
  /// their way; it reads a tensor twice, since the integers of 8 bits, the outliers and the histogram
  /// need the range, the mean and the deviation first.
  /// - Parameter isKernel: whether its first axis is that of output channels.
  init(
    _ name: String, _ tensor: Tensor, layer: String? = nil, role: Layer.WeightRole? = nil,
    isKernel: Bool
  ) {
    self.name = name
    self.layer = layer
    self.role = role
    elementType = tensor.elementType
    shape = tensor.shape
    let bytes = tensor.elements.made()
    // Whoever needs them reads them again.
    defer { bytes.discardPages() }
    let count = shape.elementCount
    guard count > 0 else { return }
    let runLength = isKernel ? shape.elementCount(from: 1) : min(count, Self.usualRunLength)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: runLength) { memory in
      var runs = Runs(bytes: bytes, type: elementType, count: count, memory: memory)
      describe(&runs, isKernel: isKernel)
      compare(&runs)
    }
    if isKernel { findDuplicates(in: bytes, runLength * elementType.byteCount) }
  }

  /// Numbers that a first-level cache holds.
  private static let usualRunLength = 2048

  private mutating func describe(_ runs: inout Runs, isKernel: Bool) {
    var noise = 0.0
    for run in 0..<runs.count {
      var numbers = runs.load(run)
      let part = ElementMoments(compacting: numbers, leastNormal: elementType.leastNormal)
      if part.finiteCount < part.count {
        runs.hasOdd[run] = true
        if firstNonFinite == nil { firstNonFinite = runs.firstNonFinite(in: run) }
        numbers = runs.loadFinite(run)
      }
      let finite = UnsafeBufferPointer(rebasing: numbers[..<part.finiteCount])
      moments.join(part)
      cost.add(finite)
      guard isKernel else { continue }
      let channelNoise = finite.int8Noise(magnitude: part.magnitude)
      noise += channelNoise
      channels.append(Channel(moments: part, int8Noise: channelNoise))
    }
    cost.signal = moments.energy
    if isKernel { cost.channelInt8Noise = noise }
  }

  /// What needs to be known of all elements first.
  private mutating func compare(_ runs: inout Runs) {
    let (low, high) = (moments.minimum, moments.maximum)
    let reach = Self.outlierDeviations * moments.standardDeviation
    let mean = moments.mean
    let hasOutliers = high - mean > reach || mean - low > reach
    let scale = Double(Self.binCount) / (high - low)
    let hasBins = low < high && scale.isFinite && scale > 0
    if hasBins { histogram = Array(repeating: 0, count: Self.binCount) }
    guard moments.finiteCount > 0 else { return }
    for run in 0..<runs.count {
      let numbers = UnsafeBufferPointer(runs.loadFinite(run))
      cost.int8Noise += numbers.int8Noise(magnitude: moments.magnitude)
      if hasBins {
        for number in numbers {
          histogram[min(Int((number - low) * scale), Self.binCount - 1)] += 1
        }
      }
      if hasOutliers {
        outlierCount += numbers.count { abs($0 - mean) > reach }
      }
    }
  }

  private mutating func findDuplicates(in bytes: Bytes, _ width: Int) {
    var found: [Int: [Int]] = [:]
    bytes.withUnsafeBytes { buffer in
      func content(_ channel: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffer[channel * width..<(channel + 1) * width])
      }
      for channel in channels.indices where !channels[channel].moments.isZero {
        var hasher = Hasher()
        hasher.combine(bytes: content(channel))
        let hash = hasher.finalize()
        let first = found[hash, default: []].first {
          content($0).elementsEqual(content(channel))
        }
        if let first {
          channels[channel].duplicated = first
        } else {
          found[hash, default: []].append(channel)
        }
      }
    }
  }
}

/// The numbers of a tensor, run by run, in memory for one run.
private struct Runs {
  let bytes: Bytes
  let type: ElementType
  /// The elements of the tensor.
  let elementCount: Int
  let memory: UnsafeMutableBufferPointer<Double>
  /// The runs with elements that are not finite.
  var hasOdd: [Bool]

  init(
    bytes: Bytes, type: ElementType, count: Int, memory: UnsafeMutableBufferPointer<Double>
  ) {
    self.bytes = bytes
    self.type = type
    elementCount = count
    self.memory = memory
    hasOdd = Array(repeating: false, count: (count + memory.count - 1) / memory.count)
  }

  var count: Int { hasOdd.count }

  /// The numbers of a run as float64.
  func load(_ run: Int) -> UnsafeMutableBufferPointer<Double> {
    let start = run * memory.count
    let count = min(memory.count, elementCount - start)
    let size = type.byteCount
    bytes.withUnsafeBytes { buffer in
      if type == .float32 {
        // SAFETY: the tensor has as many elements of this type. The host is little-endian.
        for index in 0..<count {
          memory[index] = Double(
            buffer.loadUnaligned(fromByteOffset: (start + index) &* size, as: Float.self))
        }
      } else {
        let part = UnsafeRawBufferPointer(
          rebasing: buffer[start * size..<(start + count) * size])
        let tensor = Tensor(shape: [count], elementType: type, bytes: Bytes(copying: part))!
        tensor.forEachElement { memory[$0] = $1 }
      }
    }
    return UnsafeMutableBufferPointer(rebasing: memory[..<count])
  }

  /// Those of them that are finite.
  func loadFinite(_ run: Int) -> UnsafeMutableBufferPointer<Double> {
    let numbers = load(run)
    guard hasOdd[run] else { return numbers }
    return UnsafeMutableBufferPointer(rebasing: numbers[..<numbers.compactFinite()])
  }

  func firstNonFinite(in run: Int) -> Int? {
    load(run).firstIndex { !$0.isFinite }.map { run * memory.count + $0 }
  }
}

extension ElementType {
  /// The smallest positive normal number.
  var leastNormal: Double {
    switch self {
    case .float16: 0x1p-14
    case .bfloat16, .float32: 0x1p-126
    case .float64: 0x1p-1022
    }
  }
}
