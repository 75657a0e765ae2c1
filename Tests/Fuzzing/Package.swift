// swift-tools-version: 6.2
import PackageDescription

// A package of its own: the libraries under it are built with the fuzzer's instrumentation.
let package = Package(
  name: "fuzzing",
  dependencies: [.package(name: "resnet-toolkit", path: "../..")],
  targets: [
    .systemLibrary(name: "LibFuzzer", path: "LibFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: ["LibFuzzer", .product(name: "ResNetKit", package: "resnet-toolkit")],
      path: ".",
      exclude: [
        "Corpora", "LibFuzzer", "README.md", "Regressions", "Replay", "coverage.py", "keep.py",
      ],
      sources: ["Driver", "Targets"],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ],
      // gold and the sanitizers' tables do not get along.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
  ],
  swiftLanguageModes: [.v6]
)
