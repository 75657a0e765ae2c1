/// As Keras makes names of groups from names of classes (keras/src/utils/naming.py).
func snakeCase(_ name: String) -> String {
  let letters = Array(
    name.unicodeScalars.filter {
      $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
    })
  func isUpper(_ index: Int) -> Bool {
    letters.indices.contains(index) && "A"..."Z" ~= letters[index]
  }
  func isLower(_ index: Int) -> Bool {
    letters.indices.contains(index) && "a"..."z" ~= letters[index]
  }
  var snake = ""
  for index in letters.indices {
    let beginsWord = isUpper(index) && (isLower(index + 1) || isLower(index - 1))
    if index > 0, beginsWord, letters[index - 1] != "_" { snake += "_" }
    snake.unicodeScalars.append(letters[index])
  }
  return snake.lowercased()
}
