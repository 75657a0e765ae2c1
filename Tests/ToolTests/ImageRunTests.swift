import Foundation
import TestSupport
import Testing

/// `resnet-run`: images in, classes out.
@Suite struct ImageRunTests {
  /// A network without weights: the mean of each channel is its score.
  private static let means = """
    name: "means" input: "data" input_shape { dim: 1 dim: 3 dim: 6 dim: 8 }
    layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
      pooling_param { pool: AVE global_pooling: true } }
    """

  private static func picture(_ name: String) -> String {
    Places.fixture("images/pictures/\(name)")
  }

  private static func run(
    _ arguments: [String], in folder: TemporaryFolder = TemporaryFolder()
  ) throws -> ToolRun {
    let net = try folder.write("net.prototxt", text: means)
    return try ToolRun("resnet-run", [net] + arguments)
  }

  private static let plain = [
    "--preprocessing", "none", "--channel-order", "rgb", "--like", "keras",
  ]

  private static func objects(_ run: ToolRun) throws -> [[String: Any]] {
    try run.output.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func `an image is told with its best classes`() throws {
    let run = try Self.run([Self.picture("one.jpg")] + Self.plain + ["--top", "2"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasSuffix("one.jpg: 1x1 JPEG"), "\(run.output)")
    #expect(lines[1].contains("class "))
  }

  @Test func `a line of JSON for each image`() throws {
    let run = try Self.run(
      [Self.picture("one.jpg"), Self.picture("rgba-8.png"), "--json"] + Self.plain)
    #expect(run.exitCode == 0, "\(run.errors)")
    let objects = try Self.objects(run)
    #expect(objects.count == 2)
    #expect(objects[0]["format"] as? String == "JPEG" && objects[0]["width"] as? Int == 1)
    #expect(objects[1]["notes"] as? [String] == ["the image is transparent: composed on white"])
    let best = try #require(objects[0]["best"] as? [[String: Any]])
    #expect(best.count == 3)
    let sum = best.compactMap { $0["probability"] as? Double }.reduce(0, +)
    #expect(abs(sum - 1) < 1e-12)
  }

  @Test func `what was assumed is told`() throws {
    let run = try Self.run([Self.picture("one.jpg"), "--verbose"])
    #expect(run.exitCode == 0)
    // Its first layer is no layer with weights.
    #expect(run.errors.contains("note: the network prepares its images itself"), "\(run.errors)")
    #expect(run.errors.contains("note: channels assumed blue first, as Caffe reads images"))
    #expect(run.errors.contains("note: images are fitted as usual for models of caffe"))
    #expect(try Self.run([Self.picture("one.jpg")] + Self.plain).errors.isEmpty)
  }

  @Test func `what enters the network is written`() throws {
    let folder = TemporaryFolder()
    let output = folder.path("x.npz")
    let run = try Self.run(
      [Self.picture("grey.jpg"), Self.picture("cmyk.jpg"), "-o", output] + Self.plain, in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    let check = try ToolRun(
      "resnet-verify",
      ["run", folder.path("net.prototxt"), "--input", output, "-o", folder.path("y.npz")])
    #expect(check.exitCode == 0, "\(check.errors)")
    let again = try Self.run([Self.picture("one.jpg"), "-o", output] + Self.plain, in: folder)
    #expect(again.exitCode == 73)
  }

  @Test func `a folder tells how fast, and passes over what is no image`() throws {
    let folder = TemporaryFolder()
    for name in ["one.jpg", "texts.png"] {
      try FileManager.default.copyItem(atPath: Self.picture(name), toPath: folder.path(name))
    }
    try folder.write("readme.txt", text: "no image")
    let run = try Self.run([folder.path, "--batch", "2"] + Self.plain, in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("\n2 images in "), "\(run.output)")
  }

  @Test func `one bad image of several is left out and told`() throws {
    let folder = TemporaryFolder()
    let bad = try folder.write("bad.jpg", text: "no image")
    let run = try Self.run([bad, Self.picture("one.jpg"), "--json"] + Self.plain)
    #expect(run.exitCode == 65)
    let objects = try Self.objects(run)
    #expect(objects.count == 2)
    #expect((objects[0]["error"] as? String)?.hasSuffix("found neither") == true)
    #expect(objects[1]["best"] != nil)
    #expect(run.errors.hasSuffix("(1 of 2 images were left out)\n"), "\(run.errors)")
  }

  @Test func `a list of classes gives the errors`() throws {
    let folder = TemporaryFolder()
    let names = ["one.jpg", "texts.png", "cmyk.jpg"]
    for name in names {
      try FileManager.default.copyItem(atPath: Self.picture(name), toPath: folder.path("a \(name)"))
    }
    let told = try Self.objects(
      try Self.run(names.map { folder.path("a \($0)") } + ["--json"] + Self.plain))
    let best = try told.map { object in
      try #require((object["best"] as? [[String: Any]])?.first?["class"] as? Int)
    }
    let wrong = [best[0], best[1], (best[2] + 1) % 3]
    let lines = zip(names, wrong).map { "a \($0) \($1)\n" }.joined()
    let list = try folder.write("list.txt", text: lines)
    let run = try Self.run(["--accuracy", list] + Self.plain)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(
      run.output.hasPrefix("top-1 error 33.33 %, top-5 error 0.00 %, of 3 images\n"),
      "\(run.output)")
    let damaged = try folder.write("damaged.txt", text: "a one.jpg 3\n")
    let refused = try Self.run(["--accuracy", damaged] + Self.plain)
    #expect(refused.exitCode == 65)
    #expect(
      refused.message?.hasSuffix("1:1: expected a path and a class of 0 to 2, found a one.jpg 3")
        == true)
  }

  @Test func `names come from a file, as many as classes`() throws {
    let folder = TemporaryFolder()
    let names = try folder.write("names.txt", text: "red\ngreen\nblue\n")
    let run = try Self.run([Self.picture("one.jpg"), "--labels", names] + Self.plain)
    #expect(["red", "green", "blue"].allSatisfy { run.output.contains($0) }, "\(run.output)")
    let few = try folder.write("few.txt", text: "red\n")
    let refused = try Self.run([Self.picture("one.jpg"), "--labels", few] + Self.plain)
    #expect(refused.exitCode == 65)
    #expect(refused.message?.hasSuffix("expected 3 lines, a name for each class, found 1") == true)
  }

  @Test(arguments: [["--crops", "10"], ["--crops", "5"], ["--scales", "8,9,16"]])
  func `one look or several`(options: [String]) throws {
    let run = try Self.run(
      [Self.picture("rgb-420.jpg"), "--preprocessing", "none", "--like", "torchvision", "--json"]
        + options)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try Self.objects(run).count == 1)
  }

  @Test(arguments: [
    (["--crops", "3", "x.jpg"], "--crops: expected 1, 5 or 10, found 3"),
    (["--scales", "224", "--crops", "5", "x.jpg"], "--scales looks at whole images"),
    (["--sliding", "pooled", "x.jpg"], "--sliding is about --scales"),
    (["--scales", "0", "x.jpg"], "The value '0' is invalid for '--scales"),
    (["--background", "pink", "x.jpg"], "The value 'pink' is invalid for '--background"),
    (["--crops", "10", "--like", "keras", "one.jpg"], "--crops 10: a warped image has one part"),
    ([], "expected images: files or folders"),
  ])
  func `bad requests are one line`(arguments: [String], reason: String) throws {
    let run = try Self.run(arguments)
    #expect(run.exitCode == 64, "\(run.errors)")
    #expect(run.errors.contains(reason), "\(run.errors)")
  }

  @Test(arguments: ["half.jpg", "huge.png", "large.jpg", "bomb-pixels.png", "gif.png"])
  func `a hostile image is one line and a documented code`(name: String) throws {
    let start = ContinuousClock.now
    let run = try ToolRun(
      "resnet-run",
      [
        Places.fixture("digits/digits-resnet.prototxt"),
        Places.fixture("digits/digits-resnet.caffemodel"),
        Places.fixture("images/hostile/\(name)"), "--preprocessing", "none", "--like", "keras",
      ],
      limits: "ulimit -v 1000000", timeLimit: 10)
    #expect(run.exitCode == 65 || run.exitCode == 77 || name == "bomb-pixels.png", "\(run.errors)")
    #expect(run.exitCode == 0 || run.message != nil, "\(run.errors)")
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `without its program an image says so`() throws {
    let folder = TemporaryFolder()
    let tool = Places.tools.appendingPathComponent("resnet-run").path
    let net = try folder.write("net.prototxt", text: Self.means)
    let run = try ToolRun(
      bash: "cp '\(tool)' '\(folder.path("resnet-run"))' && exec '\(folder.path("resnet-run"))' "
        + "'\(net)' '\(Self.picture("one.jpg"))'")
    #expect(run.exitCode == 69)
    #expect(
      run.errors.contains("an image needs the program resnet-image-decoder, which is neither in "))
  }
}
