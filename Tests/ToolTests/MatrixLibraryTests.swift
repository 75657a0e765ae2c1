import Foundation
import ResNetKit
import TestSupport
import Testing

/// OpenBLAS is opened for `--gemm openblas` only, and never waited for.
@Suite struct MatrixLibraryTests {
  private static let tools = [
    "resnet-convert", "resnet-inspect", "resnet-verify", "resnet-bench", "resnet-run",
  ]

  /// A model of one convolution and an input for it.
  private static func model(in folder: TemporaryFolder) throws -> (model: String, input: String) {
    let definition = try folder.write("net.prototxt", text: SmallNet.definition)
    let weights = try folder.write("net.caffemodel", SmallNet.caffemodel)
    let input = npy(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 4, 4), }",
      SmallNet.floats(32)
    ).array
    let archive = ZipBuilder(members: [.init(name: "input.npy", content: input)]).bytes.array
    return ("\(definition),\(weights)", try folder.write("x.npz", archive))
  }

  /// The environment in which the library is found, but is none.
  private static func withoutLibrary(_ folder: TemporaryFolder) throws -> [String: String] {
    try folder.write("libopenblas.so.0", text: "no library")
    return ["LD_LIBRARY_PATH": folder.path]
  }

  @Test(arguments: tools)
  func `no tool is linked to it`(_ tool: String) {
    let path = Places.tools.appendingPathComponent(tool).path
    #expect(BadInputTests.shell("ldd '\(path)' > /dev/null"))
    // Nor to what reads files of strangers: that is for helpers in processes of their own.
    #expect(BadInputTests.shell("! ldd '\(path)' | grep -qiE 'blas|jpeg|png|hdf5'"))
  }

  @Test(arguments: tools, ["-v 153600", "-v 300000", "-d 8192"])
  func `a version needs no memory for it`(_ tool: String, _ limit: String) throws {
    let run = try ToolRun(
      tool, ["--version"], limits: "ulimit -c 0 \(limit)", timeLimit: 20)
    #expect(!run.isTimedOut)
    #expect(run.exitCode == 0, "\(run.errors)")
  }

  @Test(arguments: ["", "Prescott", "Haswell"], ["-v 200000", "-d 49152", "-d 131072"])
  func `a network that needs more than there is ends with code 75, one line and no output`(
    _ processor: String, _ limit: String
  ) throws {
    let folder = TemporaryFolder()
    let (model, input) = try Self.model(in: folder)
    let before = folder.contents
    let run = try ToolRun(
      "resnet-verify",
      ["run", model, "--input", input, "-o", folder.path("y.npz"), "--gemm", "openblas"],
      environment: processor.isEmpty ? [:] : ["OPENBLAS_CORETYPE": processor],
      limits: "ulimit -c 0 \(limit)", timeLimit: 20)
    #expect(run.exitCode == 75, "\(run.errors)")
    #expect(run.message?.contains("needs OpenBLAS and 1 × ") == true, "\(run.errors)")
    #expect(folder.contents == before)
  }

  /// Between too little and enough: the library, its buffers, the threads and the values.
  @Test(arguments: ["-v", "-d"], [1, 2])
  func `under any limit a network runs, or ends with code 75 and one line`(
    _ limit: String, _ threadCount: Int
  ) throws {
    let folder = TemporaryFolder()
    let (model, input) = try Self.model(in: folder)
    var codes: [Int32] = []
    // One buffer is 132,096 KiB; below 150,000 KiB of addresses a tool may not load at all.
    let least = limit == "-d" ? 120_000 : 150_000
    for kibibytes in stride(from: least, through: 600_000, by: 15_000) {
      let run = try ToolRun(
        "resnet-verify",
        [
          "run", model, "--input", input, "-o", folder.path("y.npz"), "--force", "--gemm",
          "openblas", "--threads", "\(threadCount)",
        ], limits: "ulimit -c 0 \(limit) \(kibibytes)", timeLimit: 20)
      let code = try #require(run.exitCode, "\(limit) \(kibibytes)")
      #expect(code == 0 || code == 75 && run.message != nil, "\(kibibytes): \(run.errors)")
      codes.append(code)
    }
    #expect(codes.first == 75 && codes.last == 0)
    #expect(codes == codes.sorted(by: >))
  }

  @Test(arguments: ["", "Prescott", "Haswell"], [1, 2, 5])
  func `a network runs in the memory that its threads need`(
    _ processor: String, _ threadCount: Int
  ) throws {
    let folder = TemporaryFolder()
    let (model, input) = try Self.model(in: folder)
    let run = try ToolRun(
      "resnet-verify",
      [
        "run", model, "--input", input, "-o", folder.path("y.npz"), "--gemm", "openblas",
        "--threads", "\(threadCount)",
      ],
      environment: processor.isEmpty ? [:] : ["OPENBLAS_CORETYPE": processor],
      limits: "ulimit -c 0 -d \(256 << 10)", timeLimit: 20)
    #expect(run.exitCode == 0, "\(run.errors)")
  }

  @Test(arguments: ["run", "bench"])
  func `who asks for it where it is not gets code 69 and one line`(
    _ command: String
  ) throws {
    let folder = TemporaryFolder()
    let (model, input) = try Self.model(in: folder)
    let run =
      try command == "run"
      ? ToolRun(
        "resnet-verify",
        ["run", model, "--input", input, "-o", folder.path("y.npz"), "--gemm", "openblas"],
        environment: Self.withoutLibrary(folder))
      : ToolRun(
        "resnet-bench", [model, "--gemm", "openblas"], environment: Self.withoutLibrary(folder))
    #expect(run.exitCode == 69, "\(run.errors)")
    #expect(run.message?.contains("needs OpenBLAS") == true, "\(run.errors)")
    #expect(run.message?.contains("libopenblas0") == true, "\(run.errors)")
    #expect(!folder.contents.contains("y.npz"))
  }

  @Test func `without it everything else works`() throws {
    let folder = TemporaryFolder()
    let (model, input) = try Self.model(in: folder)
    let environment = try Self.withoutLibrary(folder)
    let native = folder.path("net.resnet")
    let commands: [(String, [String])] =
      Self.tools.map { ($0, ["--version"]) } + [
        ("resnet-convert", model.split(separator: ",").map(String.init) + ["-o", native]),
        ("resnet-inspect", [native, "--check"]), ("resnet-inspect", [native]),
        ("resnet-verify", ["run", native, "--input", input, "-o", folder.path("y.npz")]),
      ]
    for (tool, arguments) in commands {
      let run = try ToolRun(tool, arguments, environment: environment)
      #expect(run.exitCode == 0, "\(tool) \(arguments): \(run.errors)")
    }
  }
}
