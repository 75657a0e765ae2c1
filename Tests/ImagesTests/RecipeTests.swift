import Files
import Images
import ModelGraph
import TensorCore
import TestSupport
import Testing

/// From an image to what a network reads.
@Suite struct RecipeTests {
  private static func network(_ shape: Shape) throws -> Network {
    try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: shape))),
        Node("pool", .globalPooling(.init(kind: .average)), inputs: ["data"]),
      ])
  }

  private static func tensor(
    _ recipe: ImageRecipe, _ size: Int, _ name: String = "rgb-420.jpg", crops: CropCount = .one,
    channels: Int = 3
  ) throws -> Tensor {
    let input = try ImageInput(of: network([1, channels, size, size]))
    return try recipe.tensor(of: Fixtures.decode(name), for: input, crops: crops)
  }

  @Test func `warped pixels enter channel by channel, red first`() throws {
    let image = try Fixtures.decode("rgb-420.jpg")
    let pixels = Resizer.pillowNearest.resize(image.pixels, to: Extent(8)).samples
    let found = try Self.tensor(ImageRecipe(.keras), 8)
    #expect(found.shape == [1, 3, 8, 8])
    let planes = (0..<3).flatMap { channel in
      (0..<64).map { pixels[3 * $0 + channel] }
    }
    #expect(found.floats == planes)
  }

  @Test func `blue first, means taken off, scaled`() throws {
    let plain = try Self.tensor(ImageRecipe(.keras), 4).floats
    let recipe = Preprocessing(
      channelOrder: .bgr, mean: .channels([1, 2, 3]), scales: [0.5, 0.25, 2])
    let found = try Self.tensor(ImageRecipe(.keras, recipe), 4).floats
    for i in 0..<16 {
      #expect(found[i] == (plain[32 + i] - 1) * 0.5)
      #expect(found[16 + i] == (plain[16 + i] - 2) * 0.25)
      #expect(found[32 + i] == (plain[i] - 3) * 2)
    }
  }

  @Test(arguments: [(224, 256), (299, 342), (112, 128), (32, 32), (64, 64), (96, 110)])
  func `the side before the middle is cut out grows with the input`(extent: Int, side: Int) {
    #expect(ImageRecipe(.torchvision).side(for: extent) == side)
  }

  @Test func `ten crops are the corners and the middle, and their mirror images`() throws {
    var recipe = ImageRecipe(.torchvision)
    recipe.side = 20
    let image = try Fixtures.decode("rgb-420.jpg")  // 37 x 23
    let size = Extent(height: 20, width: 20 * image.pixels.size.width / image.pixels.size.height)
    let whole = Resizer.pillowBilinear.resize(image.pixels, to: size).samples
    let found = try Self.tensor(recipe, 12, crops: .ten)
    #expect(found.shape == [10, 3, 12, 12])
    let right = size.width - 12
    let middle = Int((Double(right) / 2).rounded(.toNearestOrEven))
    let places = [(0, 0), (0, right), (8, 0), (8, right), (4, middle)]
    let mirrored = places.dropLast() + [(4, right - middle)]
    let values = found.floats
    for (crop, place) in (places + mirrored).enumerated() {
      for y in 0..<12 {
        for x in 0..<12 {
          let column = place.1 + (crop < 5 ? x : 11 - x)
          let expected = whole[3 * ((place.0 + y) * size.width + column) + 1]
          #expect(values[((crop * 3 + 1) * 12 + y) * 12 + x] == expected)
        }
      }
    }
  }

  @Test func `a mean image of the network's size moves with the part, one of the image's does not`()
    throws
  {
    var recipe = ImageRecipe(.pycaffe)
    recipe.side = 6
    let plain = try Self.tensor(recipe, 4, crops: .five).floats
    recipe.preprocessing.mean = .image(Tensor([3, 4, 4], (0..<48).map { Float($0) }))
    let moving = try Self.tensor(recipe, 4, crops: .five).floats
    for i in 0..<240 { #expect((plain[i] - moving[i] - Float(i % 48)).magnitude < 1e-4) }
    recipe.preprocessing.mean = .image(Tensor([3, 6, 6], (0..<108).map { Float($0) }))
    let staying = try Self.tensor(recipe, 4, crops: .five).floats
    // The last pixel of the second channel of the part at the lower right.
    let last = (3 * 3 + 1) * 16 + 15
    #expect((plain[last] - staying[last] - 71).magnitude < 1e-4)
  }

  @Test func `recipes for other channels and extents are refused`() throws {
    var recipe = ImageRecipe(.keras, Preprocessing(.caffe))
    let error = try #require(throws: FormatError.self) {
      try Self.tensor(recipe, 4, "grey.jpg", channels: 1)
    }
    #expect(error.kind == .usage)
    #expect(error.reason == "the recipe has 3 means, the network reads 1 channels")
    recipe.preprocessing = Preprocessing(
      mean: .image(Tensor([3, 5, 5], [Float](repeating: 0, count: 75))))
    #expect(
      failure { try Self.tensor(recipe, 4) }
        == "the mean image is 5x5, the image is resized to 4x4: name the fit and side that the "
        + "network was trained with")
  }

  @Test func `colour becomes grey before it is resized`() throws {
    let found = try Self.tensor(ImageRecipe(.keras), 4, "one.jpg", channels: 1)
    let pixel = try Fixtures.decode("one.jpg").pixels.samples.array.map { Double($0) }
    let level = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
    #expect(found.shape == [1, 1, 4, 4])
    #expect(found.floats.allSatisfy { abs(Double($0) - level) < 0.6 && $0 == $0.rounded() })
  }

  @Test func `Exif is applied where the recipe says so`() throws {
    let (plain, turned) = (ImageRecipe(.keras), ImageRecipe(.opencv))
    #expect(!plain.appliesOrientation && turned.appliesOrientation)
    var recipe = plain
    let stored = try Self.tensor(recipe, 2, "exif-3.jpg").floats
    recipe.appliesOrientation = true
    let seen = try Self.tensor(recipe, 2, "exif-3.jpg").floats
    #expect(stored != seen)
  }

  @Test func `what would become too large is refused`() throws {
    var recipe = ImageRecipe(.torchvision)
    recipe.side = 16384
    let error = try #require(throws: FormatError.self) { try Self.tensor(recipe, 4) }
    #expect(error.kind == .refused)
  }

  @Test(arguments: [[1, 2, 8, 8], [1, 3], [2, 3, 0, 4]] as [Shape])
  func `a network that reads no image is refused`(shape: Shape) throws {
    let network = try Network(name: "n", nodes: [Node("data", .input(.init(shape: shape)))])
    #expect(
      failure { try ImageInput(of: network) }?.hasPrefix("expected a network that reads") == true)
  }

  @Test(arguments: [
    ("keras-2", ImagePipeline.keras), ("caffe-v1", .pycaffe), ("onnx", .torchvision),
  ])
  func `the framework of a model says how images are fitted`(format: String, like: ImagePipeline) {
    #expect(ImagePipeline(format: format) == like)
  }

  @Test func `ImageNet has a thousand names in their usual order`() {
    let names = ImageNetClasses.names
    #expect(names.count == 1000 && Set(names).count == 1000)
    #expect(names[0] == "tench" && names[281] == "tabby" && names[999] == "toilet tissue")
    #expect(names[207] == "golden retriever" && names[817] == "sports car")
  }
}
