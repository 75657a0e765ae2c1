internal import Files
internal import ModelIO

extension BNParameters {
  /// What the layer of the fork that wrote it computes.
  ///
  /// | fork | tensors | in use |
  /// |---|---|---|
  /// | yjxiong/caffe, hszhao/PSPNet | scale, offset, mean, variance | epsilon `eps`, 1e-5 |
  /// | yangguorun/SegStereo | the same | epsilon `var_eps`, 1e-10 |
  /// | alexgkendall/caffe-segnet, ENet | scale, offset | `bn_mode: INFERENCE`: a factor and an addend |
  ///
  /// Facts from src/caffe/layers/bn_layer.cpp of each.
  /// - Parameters:
  ///   - tensorCount: how many are stored with the layer.
  ///   - statistic: what the last of four is.
  /// - Throws: `FormatError` for a layer that normalizes by the batch at hand.
  func settled(
    tensorCount: Int, of layer: String, last statistic: CaffeOptions.BNStatistic
  ) throws(FormatError) -> CaffeOperation {
    if isInference == true, [0, 2].contains(tensorCount) { return .affine }
    guard isInference == nil, tensorCount != 2, usesHistory else {
      throw FormatError(
        at: .object(layer),
        "expected a BN layer with statistics, found one that normalizes by the batch at hand: "
          + "SegNet's holds them once its script compute_bn_statistics.py has run, with bn_mode: "
          + "INFERENCE")
    }
    guard [0, 4].contains(tensorCount) else {
      throw FormatError(
        at: .object(layer),
        "expected 4 tensors of a BN layer (scale, offset, mean, variance) or 2, found \(tensorCount)"
      )
    }
    guard axis == 1 else {
      throw FormatError(at: .object(layer), "expected channels on axis 1, found axis \(axis)")
    }
    let isOfSegStereo = isSegStereo || hasScaleFiller
    return .batchNorm(
      BatchNormParameters(
        epsilon: epsilon ?? varianceEpsilon ?? Double(Float(isOfSegStereo ? 1e-10 : 1e-5)),
        layout: .scaleFirstWithoutFactor, hasInverseDeviation: statistic == .inverseDeviation,
        fitsAnyShape: true))
  }
}
