// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A Swift target of this package, all with the same settings.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A command-line tool: its target and product share one name.
func tool(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name, dependencies: ["ToolSupport"] + dependencies, swiftSettings: settings)
}

/// The tests of one target, in `Tests/<target>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
    swiftSettings: settings)
}

let package = Package(
  name: "resnet-toolkit",
  products: [
    .library(name: "ResNetKit", targets: ["ResNetKit"]),
    .executable(name: "resnet-convert", targets: ["resnet-convert"]),
    .executable(name: "resnet-verify", targets: ["resnet-verify"]),
    .executable(name: "resnet-inspect", targets: ["resnet-inspect"]),
    .executable(name: "resnet-bench", targets: ["resnet-bench"]),
    .executable(name: "resnet-run", targets: ["resnet-run"]),
    .executable(name: "resnet-hdf5-reader", targets: ["resnet-hdf5-reader"]),
    .executable(name: "resnet-image-decoder", targets: ["resnet-image-decoder"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // System libraries
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

    // C
    .target(name: "CModelSchemas", dependencies: ["CProtobufC"]),
    .target(name: "CKernels"),
    .target(name: "CReference"),
    .target(name: "Checksums"),
    .target(name: "CSandbox"),
    // For resnet-image-decoder: no tool links it.
    .target(name: "CImageCodecs", dependencies: ["CJPEG", "CPNG"]),

    // Models and their files
    library("TensorCore"),
    library("ModelGraph", ["TensorCore"]),
    library("ResNet", ["ModelGraph", "TensorCore"]),
    library("Files", ["TensorCore"]),
    library("JSON", ["Files", "TensorCore"]),
    library("ForeignFiles", ["Files", "JSON", "TensorCore"]),
    library("Protobuf", ["Files", "TensorCore", "CProtobufC"]),
    library("Lowering", ["Files", "ModelGraph", "TensorCore"]),
    library("ModelIO", ["Files", "JSON", "ModelGraph", "TensorCore"]),
    library("Containers", ["Files", "ForeignFiles", "TensorCore", "CZlib"]),
    library("ChildProcesses", ["CSandbox", "Files", "TensorCore"]),
    library("HDF5", ["ChildProcesses", "Files", "TensorCore", "CZlib"]),
    // A witness for the tests, and what the tools ask in a process of its own: none links it.
    library("HDF5Library", ["Files", "HDF5", "TensorCore", "CHDF5"]),
    .executableTarget(
      name: "resnet-hdf5-reader",
      dependencies: ["ChildProcesses", "Files", "HDF5", "HDF5Library", "TensorCore"],
      swiftSettings: settings),
    library("Images", ["ChildProcesses", "Files", "ModelGraph", "TensorCore"]),
    .executableTarget(
      name: "resnet-image-decoder",
      dependencies: ["ChildProcesses", "CImageCodecs", "Files", "Images", "TensorCore"],
      swiftSettings: settings),
    library(
      "CaffeFormat",
      [
        "Files", "ForeignFiles", "Lowering", "ModelIO", "ModelGraph", "TensorCore", "HDF5",
        "CModelSchemas", "CProtobufC", "Protobuf",
      ]),
    library(
      "KerasFormat",
      [
        "Files", "ForeignFiles", "JSON", "Lowering", "ModelIO", "ModelGraph", "TensorCore", "HDF5",
        "Containers", "ResNet",
      ]),
    library(
      "NativeFormat",
      ["Files", "ForeignFiles", "JSON", "ModelIO", "ModelGraph", "TensorCore", "Checksums"]),
    library(
      "ONNXFormat",
      [
        "Files", "JSON", "Lowering", "ModelIO", "ModelGraph", "TensorCore", "Protobuf",
        "CModelSchemas",
      ]),
    library(
      "ModelFormats",
      [
        "ChildProcesses", "Files", "ForeignFiles", "ModelIO", "ModelGraph", "CaffeFormat", "HDF5",
        "KerasFormat", "NativeFormat", "ONNXFormat",
      ]),
    library("Hashing", ["TensorCore", "CCrypto"]),
    library("Receipts", ["Files", "Hashing", "JSON", "ModelIO", "ModelGraph", "TensorCore"]),

    // Running, proving, describing
    library("Kernels", ["CKernels"]),
    library("Reference", ["CReference", "ModelGraph", "TensorCore"]),
    library("Runtime", ["ModelGraph", "TensorCore", "Kernels"]),
    library("Alignment", ["ModelGraph", "TensorCore"]),
    library(
      "Verification", ["Files", "Alignment", "Runtime", "ModelGraph", "TensorCore", "Reference"]),
    library("Reporting", ["Files", "JSON"]),
    library(
      "Inspection",
      ["Alignment", "Hashing", "Kernels", "ModelGraph", "ResNet", "Runtime", "TensorCore"]),
    library("Benchmarking", ["Runtime", "Kernels", "ModelGraph", "TensorCore"]),
    library("Classification", ["Files", "Images", "ModelGraph", "Runtime", "TensorCore"]),

    // The product and the tools
    library(
      "ResNetKit",
      [
        "Files", "ForeignFiles", "JSON", "TensorCore", "ModelGraph", "ModelIO", "ModelFormats",
        "CaffeFormat", "KerasFormat", "NativeFormat", "ONNXFormat", "ChildProcesses",
        "Classification", "Containers", "Images", "Receipts", "Kernels", "Runtime", "Alignment",
        "Verification", "Inspection", "Benchmarking",
        "Reference", "Reporting", "ResNet",
      ]),
    library(
      "ToolSupport",
      [
        "ResNetKit", "Kernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    tool("resnet-convert"),
    tool("resnet-verify"),
    tool("resnet-inspect"),
    tool("resnet-bench", ["Kernels"]),
    tool("resnet-run"),

    // Tests
    .target(
      name: "TestSupport",
      dependencies: ["ResNetKit"],
      path: "Tests/TestSupport",
      swiftSettings: settings),
    tests("TensorCore"),
    tests("ModelGraph", ["TensorCore"]),
    tests("ResNet", ["ModelGraph", "Reference", "Runtime", "TensorCore"]),
    tests("Files", ["TensorCore"]),
    tests("JSON", ["Files", "TensorCore"]),
    tests("ForeignFiles", ["TensorCore"]),
    tests("Protobuf", ["Files", "TensorCore"]),
    tests("Lowering", ["Files", "ModelGraph", "TensorCore"]),
    tests("ModelIO", ["Files", "JSON", "TensorCore", "ModelGraph"]),
    tests("Containers", ["Files", "TensorCore"]),
    tests("HDF5", ["ChildProcesses", "Files", "HDF5Library", "TensorCore"]),
    tests(
      "CaffeFormat",
      ["Files", "Lowering", "ModelIO", "ModelGraph", "TensorCore", "ForeignFiles", "Protobuf"]),
    tests(
      "KerasFormat", ["Files", "JSON", "HDF5", "Lowering", "ModelIO", "ModelGraph", "TensorCore"]),
    tests("NativeFormat", ["Files", "JSON", "ModelIO", "ModelGraph", "TensorCore", "Checksums"]),
    tests("ONNXFormat", ["Lowering", "Protobuf"]),
    .target(
      name: "CKernelTests", dependencies: ["CKernels"], path: "Tests/CKernelTests",
      exclude: ["Bench"]),
    tests("Kernels", ["CKernelTests", "TensorCore"]),
    tests("Reference", ["ModelGraph", "TensorCore"]),
    tests(
      "Runtime",
      ["Benchmarking", "ModelGraph", "TensorCore", "Kernels", "Reference", "ResNet"]),
    tests("Benchmarking", ["Kernels", "ModelGraph", "Runtime", "TensorCore"]),
    tests("Alignment", ["ModelGraph", "TensorCore"]),
    tests("Verification", ["Files", "ModelGraph", "TensorCore"]),
    tests("Reporting", ["JSON"]),
    tests("Inspection", ["Kernels", "ModelGraph", "ResNet", "Runtime", "TensorCore"]),
    tests("Images", ["ChildProcesses", "Containers", "Files", "ModelGraph", "TensorCore"]),
    tests("Classification", ["Images", "ModelGraph", "Reference", "Runtime", "TensorCore"]),
    tests(
      "Receipts",
      [
        "Files", "Hashing", "JSON", "CaffeFormat", "ModelGraph", "ModelIO", "NativeFormat",
        "TensorCore",
      ]),
    tests("ResNetKit", ["TensorCore"]),
    .testTarget(
      name: "FuzzingTests",
      dependencies: [
        "CaffeFormat", "ChildProcesses", "Containers", "Files", "HDF5", "Inspection", "JSON",
        "KerasFormat", "ModelGraph", "ModelIO", "NativeFormat", "ONNXFormat", "Protobuf", "Runtime",
        "TensorCore", "TestSupport",
      ], path: "Tests/Fuzzing",
      exclude: [
        "Corpora", "Driver", "LibFuzzer", "Package.swift", "README.md", "Regressions",
        "coverage.py",
        "keep.py",
      ],
      sources: ["Replay", "Targets"], swiftSettings: settings),
    .testTarget(
      name: "ToolTests",
      dependencies: [
        "ResNetKit", "ToolSupport", "TestSupport", "resnet-convert", "resnet-verify",
        "resnet-inspect", "resnet-bench", "resnet-run", "resnet-hdf5-reader",
        "resnet-image-decoder",
      ], exclude: ["Faults/faults.c", "Help"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
