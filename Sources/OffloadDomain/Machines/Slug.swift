/// A short name that is safe as a file name and as part of a git ref everywhere: lower-case letters, digits and single
/// dashes, at most 48 of them.
package enum Slug {
    package static let longest = 48

    /// Combining marks are dropped, every other run of foreign characters becomes one dash. A text with nothing usable, and
    /// a name that some system reserves, give `fallback`.
    package static func make(from text: String, fallback: String) -> String {
        var slug = ""
        var dashWanted = false
        for scalar in text.unicodeScalars {
            let lowered = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
            if let plain = asciiLetterOrDigit(lowered) {
                let dash = dashWanted && !slug.isEmpty ? "-" : ""
                guard slug.utf8.count + dash.utf8.count < longest else { break }
                dashWanted = false
                slug += dash
                slug.append(plain)
            } else if !scalar.properties.generalCategory.isMark {
                dashWanted = true
            }
        }
        guard !slug.isEmpty, !reserved.contains(slug) else { return fallback }
        return slug
    }

    /// `slug` itself, or with `-2`, `-3` … behind it: the first that is not taken.
    package static func firstFree(_ slug: String, isTaken: (String) throws -> Bool) rethrows -> String {
        var candidate = slug
        var number = 2
        while try isTaken(candidate) {
            candidate = "\(slug)-\(number)"
            number += 1
        }
        return candidate
    }

    /// Device names of another platform that no file may have.
    private static let reserved = [
        "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1",
        "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    ]

    private static func asciiLetterOrDigit(_ scalar: Unicode.Scalar) -> Character? {
        switch scalar {
        case "a"..."z", "0"..."9": Character(scalar)
        default: nil
        }
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isMark: Bool {
        switch self {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
