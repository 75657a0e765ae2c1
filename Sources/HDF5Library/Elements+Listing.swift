internal import CHDF5
internal import HDF5
internal import TensorCore

extension HDF5File.Elements {
  /// Describes the type of a dataset's elements.
  init(_ type: borrowing Handle) {
    let kind = H5Tget_class(type.id)
    guard kind != H5T_OPAQUE else {
      self = .opaque(byteCount: H5Tget_size(type.id))
      return
    }
    guard kind == H5T_FLOAT else {
      self = .other(HDF5File.Elements.name(ofClass: Int(kind.rawValue)))
      return
    }
    let order = H5Tget_order(type.id)
    guard let elementType = FloatLayout(type)?.elementType,
      order == H5T_ORDER_LE || order == H5T_ORDER_BE
    else {
      self = .other(HDF5File.Elements.oddNumbers(byteCount: H5Tget_size(type.id)))
      return
    }
    self = .numbers(elementType, isBigEndian: order == H5T_ORDER_BE)
  }
}

extension FloatLayout {
  init?(_ type: borrowing Handle) {
    var (sign, exponent, exponentSize, fraction, fractionSize) = (0, 0, 0, 0, 0)
    let id = type.id
    guard H5Tget_fields(id, &sign, &exponent, &exponentSize, &fraction, &fractionSize) >= 0 else {
      return nil
    }
    self.init(
      byteCount: H5Tget_size(id), precision: H5Tget_precision(id), start: Int(H5Tget_offset(id)),
      signPosition: sign, exponentStart: exponent, exponentCount: exponentSize,
      fractionStart: fraction, fractionCount: fractionSize,
      bias: Int(clamping: H5Tget_ebias(id)), hasImpliedBit: H5Tget_norm(id) == H5T_NORM_IMPLIED)
  }
}
