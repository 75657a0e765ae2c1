// swift-tools-version: 6.2
import PackageDescription

// What README shows, as a package of its own that depends on a clone.
let package = Package(
  name: "example",
  dependencies: [.package(name: "resnet-toolkit", path: "../..")],
  targets: [
    .executableTarget(
      name: "example", dependencies: [.product(name: "ResNetKit", package: "resnet-toolkit")],
      path: ".", sources: ["main.swift"])
  ],
  swiftLanguageModes: [.v6])
