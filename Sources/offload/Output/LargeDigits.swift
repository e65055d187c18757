/// A code in digits that can be read from across the room.
enum LargeDigits {
    /// Five rows per digit; `#` is lit.
    private static let shapes: [Character: [String]] = [
        "0": ["###", "# #", "# #", "# #", "###"],
        "1": ["  #", "  #", "  #", "  #", "  #"],
        "2": ["###", "  #", "###", "#  ", "###"],
        "3": ["###", "  #", "###", "  #", "###"],
        "4": ["# #", "# #", "###", "  #", "  #"],
        "5": ["###", "#  ", "###", "  #", "###"],
        "6": ["###", "#  ", "###", "# #", "###"],
        "7": ["###", "  #", "  #", "  #", "  #"],
        "8": ["###", "# #", "###", "# #", "###"],
        "9": ["###", "# #", "###", "  #", "###"],
    ]

    /// Every module two columns wide, as characters are twice as high as wide; a gap after the third digit.
    static func lines(_ digits: String) -> [String] {
        (0..<5).map { row in
            digits.enumerated().map { index, digit in
                let modules = shapes[digit]?[row] ?? "   "
                let gap = index == digits.count / 2 ? "    " : ""
                return gap + modules.map { $0 == "#" ? "██" : "  " }.joined()
            }.joined(separator: "  ")
        }
    }
}
