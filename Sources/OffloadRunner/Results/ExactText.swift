/// Text that is the same only where its bytes are.
///
/// Two strings count as equal when they look equal, however their characters are composed. To many file systems they are
/// two names.
struct ExactText: Sendable, Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    /// What file systems that are not particular about case take the name for; compared as text, in which composed and
    /// decomposed characters are equal.
    var folded: String { Self.folded(text) }

    /// By way of upper case, so that letters with two lower cases come out as one.
    static func folded(_ text: String) -> String { text.uppercased().lowercased() }
}
