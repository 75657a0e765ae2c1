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
func tool(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: ["ToolSupport"], swiftSettings: settings)
}

/// The tests of one target, in `Tests/<target>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
    swiftSettings: settings)
}

let package = Package(
  name: "resnet-toolkit",
  targets: [
    // System libraries
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["libhdf5-dev"])]),

    // C
    .target(name: "CModelSchemas", dependencies: ["CProtobufC"]),

    // Models and their files
    library("TensorCore"),
    library("ModelGraph", ["TensorCore"]),
    library("ModelIO", ["ModelGraph", "TensorCore"]),
    library("Executor", ["ModelGraph", "TensorCore"]),
    library("Inspection", ["ModelGraph", "TensorCore"]),
  ],
  swiftLanguageModes: [.v6]
)
