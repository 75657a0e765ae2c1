internal import CModelSchemas
internal import ModelGraph
internal import Protobuf

extension CaffeOperation {
  /// What a layer of a type does, from the message that belongs to the type; the others are
  /// without effect in Caffe too.
  init(type: String, _ messages: ParameterMessages) {
    switch type {
    case "Input":
      let shapes = messages.input.map { elements($0.pointee.shape, $0.pointee.n_shape) } ?? []
      self = .input(shapes: shapes.map(extents))
    case "Data", "ImageData", "WindowData", "MemoryData", "DummyData", "HDF5Data":
      self = .data(DataParameters(type: type, messages))
    case "Accuracy": self = .loss
    case _ where type.hasSuffix("Loss"): self = .loss
    case "Silence", "HDF5Output": self = .sink
    case "Split": self = .split
    case "Dropout":
      let dropout = given(
        messages.dropout, caffe__dropout_parameter__init, Caffe__DropoutParameter())
      self = .dropout(ratio: decimal(dropout.dropout_ratio))
    case "Sigmoid": self = .sigmoid
    case "TanH": self = .tanh
    case "Convolution": self = .convolution(ConvolutionParameters(messages))
    case "DepthwiseConvolution", "ConvolutionDepthwise":
      var parameters = ConvolutionParameters(messages)
      parameters.isDepthwise = true
      self = .convolution(parameters)
    case "Pooling": self = .pooling(PoolingParameters(messages))
    case "InnerProduct": self = .innerProduct(InnerProductParameters(messages))
    case "BatchNorm":
      let batchNorm = given(
        messages.batchNorm, caffe__batch_norm_parameter__init, Caffe__BatchNormParameter())
      self = .batchNorm(
        BatchNormParameters(
          epsilon: Double(batchNorm.eps),
          usesGlobalStatistics: batchNorm.has_use_global_stats != 0
            ? batchNorm.use_global_stats != 0 : nil,
          isScaled: batchNorm.scale_bias != 0 || batchNorm.scale_filler != nil
            || batchNorm.bias_filler != nil))
    case "BN": self = .bn(BNParameters(messages))
    case "Axpy": self = .axpy
    case "Scale":
      let scale = given(messages.scale, caffe__scale_parameter__init, Caffe__ScaleParameter())
      self = .scale(
        axes: AxisRange(axis: Int(scale.axis), count: Int(scale.num_axes)),
        hasBias: scale.bias_term != 0)
    case "Bias":
      let bias = given(messages.bias, caffe__bias_parameter__init, Caffe__BiasParameter())
      self = .bias(axes: AxisRange(axis: Int(bias.axis), count: Int(bias.num_axes)))
    case "ReLU":
      let relu = given(messages.relu, caffe__re_luparameter__init, Caffe__ReLUParameter())
      self = .relu(Layer.ReLU(negativeSlope: Double(relu.negative_slope)))
    case "ReLU6": self = .relu(Layer.ReLU(maximum: 6))
    case "Clip":
      let clip = given(messages.clip, caffe__clip_parameter__init, Caffe__ClipParameter())
      self = .clip(minimum: Double(clip.min), maximum: Double(clip.max))
    case "PReLU":
      let prelu = given(messages.prelu, caffe__pre_luparameter__init, Caffe__PReLUParameter())
      self = .prelu(isShared: prelu.channel_shared != 0)
    case "ELU":
      let elu = given(messages.elu, caffe__eluparameter__init, Caffe__ELUParameter())
      self = .elu(Layer.ELU(alpha: Double(elu.alpha)), lambda: Double(elu.lambda))
    case "Power":
      let power = given(messages.power, caffe__power_parameter__init, Caffe__PowerParameter())
      self = .power(
        Layer.Power(
          power: Double(power.power), scale: Double(power.scale), shift: Double(power.shift)))
    case "Eltwise":
      let eltwise = given(
        messages.eltwise, caffe__eltwise_parameter__init, Caffe__EltwiseParameter())
      self = .eltwise(
        operation: Layer.Elementwise.Operation(eltwise.operation),
        coefficients: numbers(eltwise.coeff, eltwise.n_coeff))
    case "Concat":
      let concat = given(messages.concat, caffe__concat_parameter__init, Caffe__ConcatParameter())
      self = .concat(
        axis: AxisChoice(
          axis: concat.has_axis != 0 ? Int(concat.axis) : nil,
          legacyAxis: concat.has_concat_dim != 0 ? Int(concat.concat_dim) : nil))
    case "Slice":
      let slice = given(messages.slice, caffe__slice_parameter__init, Caffe__SliceParameter())
      self = .slice(
        axis: AxisChoice(
          axis: slice.has_axis != 0 ? Int(slice.axis) : nil,
          legacyAxis: slice.has_slice_dim != 0 ? Int(slice.slice_dim) : nil),
        points: numbers(slice.slice_point, slice.n_slice_point))
    case "Flatten":
      let flatten = given(
        messages.flatten, caffe__flatten_parameter__init, Caffe__FlattenParameter())
      self = .flatten(axis: Int(flatten.axis), endAxis: Int(flatten.end_axis))
    case "Reshape":
      let reshape = given(
        messages.reshape, caffe__reshape_parameter__init, Caffe__ReshapeParameter())
      self = .reshape(
        extents: reshape.shape.map(extents) ?? [], axis: Int(reshape.axis),
        axisCount: Int(reshape.num_axes))
    case "Softmax":
      let softmax = given(
        messages.softmax, caffe__softmax_parameter__init, Caffe__SoftmaxParameter())
      self = .softmax(axis: Int(softmax.axis))
    case "LRN":
      let lrn = given(messages.lrn, caffe__lrnparameter__init, Caffe__LRNParameter())
      self = .lrn(Layer.LocalResponseNormalization(lrn))
    default: self = .unsupported
    }
  }
}

extension Layer.Elementwise.Operation {
  fileprivate init?(_ operation: Caffe__EltwiseParameter__EltwiseOp) {
    switch operation {
    case CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__PROD: self = .product
    case CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__SUM: self = .sum
    case CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__MAX: self = .maximum
    default: return nil
    }
  }
}

extension Layer.LocalResponseNormalization {
  fileprivate init?(_ lrn: Caffe__LRNParameter) {
    self.init(
      size: Int(lrn.local_size), alpha: Double(lrn.alpha), beta: Double(lrn.beta), k: Double(lrn.k))
    switch lrn.norm_region {
    case CAFFE__LRNPARAMETER__NORM_REGION__ACROSS_CHANNELS: break
    case CAFFE__LRNPARAMETER__NORM_REGION__WITHIN_CHANNEL:
      region = .withinChannel
      k = 1  // Caffe computes this region by a pooling and a power layer, whose shift is 1.
    default: return nil
    }
  }
}

extension WindowParameter {
  /// The height and width of a message of which zero counts as given when its flag is set.
  fileprivate init(_ sides: [Int], _ height: (has: Int32, UInt32), _ width: (has: Int32, UInt32)) {
    self.init(
      sides: sides, height: height.has != 0 ? Int(height.1) : nil,
      width: width.has != 0 ? Int(width.1) : nil)
  }
}

extension ConvolutionParameters {
  fileprivate init(_ messages: ParameterMessages) {
    let message = given(
      messages.convolution, caffe__convolution_parameter__init, Caffe__ConvolutionParameter())
    outputCount = Int(message.num_output)
    hasBias = message.bias_term != 0
    kernel = WindowParameter(
      numbers(message.kernel_size, message.n_kernel_size), (message.has_kernel_h, message.kernel_h),
      (message.has_kernel_w, message.kernel_w))
    stride = WindowParameter(
      numbers(message.stride, message.n_stride), (message.has_stride_h, message.stride_h),
      (message.has_stride_w, message.stride_w))
    padding = WindowParameter(
      numbers(message.pad, message.n_pad), (message.has_pad_h, message.pad_h),
      (message.has_pad_w, message.pad_w))
    dilation = WindowParameter(sides: numbers(message.dilation, message.n_dilation))
    groups = Int(message.group)
    axis = Int(message.axis)
  }
}

extension PoolingParameters {
  fileprivate init(_ messages: ParameterMessages) {
    let message = given(
      messages.pooling, caffe__pooling_parameter__init, Caffe__PoolingParameter())
    kind =
      switch message.pool {
      case CAFFE__POOLING_PARAMETER__POOL_METHOD__MAX: .maximum
      case CAFFE__POOLING_PARAMETER__POOL_METHOD__AVE: .average
      default: nil
      }
    isGlobal = message.global_pooling != 0
    kernel = WindowParameter(
      message.has_kernel_size != 0 ? [Int(message.kernel_size)] : [],
      (message.has_kernel_h, message.kernel_h), (message.has_kernel_w, message.kernel_w))
    stride = WindowParameter(
      message.has_stride != 0 ? [Int(message.stride)] : [],
      (message.has_stride_h, message.stride_h), (message.has_stride_w, message.stride_w))
    padding = WindowParameter(
      message.has_pad != 0 ? [Int(message.pad)] : [],
      (message.has_pad_h, message.pad_h), (message.has_pad_w, message.pad_w))
    roundingValue = message.has_round_mode != 0 ? Int(message.round_mode.rawValue) : nil
    roundsUp = message.has_ceil_mode != 0 ? message.ceil_mode != 0 : nil
  }
}

extension InnerProductParameters {
  fileprivate init(_ messages: ParameterMessages) {
    let message = given(
      messages.innerProduct, caffe__inner_product_parameter__init, Caffe__InnerProductParameter())
    outputCount = Int(message.num_output)
    hasBias = message.bias_term != 0
    axis = Int(message.axis)
    isTransposed = message.transpose != 0
  }
}

extension BNParameters {
  fileprivate init(_ messages: ParameterMessages) {
    guard let message = messages.bn?.pointee else { return }
    if message.has_bn_mode != 0 {
      isInference = message.bn_mode == CAFFE__BNPARAMETER__BNMODE__INFERENCE
    }
    hasScaleFiller = message.scale_filler != nil || message.shift_filler != nil
    epsilon = message.has_eps != 0 ? Double(message.eps) : nil
    varianceEpsilon = message.has_var_eps != 0 ? Double(message.var_eps) : nil
    isSegStereo =
      message.has_use_history_in_test != 0 || message.has_decay != 0 || message.has_axis != 0
      || message.has_moving_average != 0 || message.has_multigpu_sync != 0
    usesHistory = message.use_history_in_test != 0
    axis = Int(message.axis)
  }
}

/// The number that a definition has in decimal, where it counts for people and not for results.
func decimal(_ number: Float) -> Double { Double("\(number)") ?? Double(number) }
