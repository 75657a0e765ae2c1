import ResNetKit

let model = try Model(contentsOf: "net.caffemodel")
try model.write(to: "net.onnx")

let session = try Session(model, threads: 2)
let image = Tensor([1, 1, 32, 32]) { pixels in pixels.update(repeating: 0.5) }
let outputs = try session.run(["data": image])
print(outputs["prob"]?.floats ?? [])
