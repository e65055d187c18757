import OffloadDomain

/// Which names a file of a result may have.
enum NameRules {
    /// What is wrong with one name of a path, in words that follow on "which".
    static func flaw(of name: String) -> String? {
        guard !name.isEmpty else { return "has an empty name in it" }
        guard name.utf8.count <= ChangePath.nameLimit else {
            return "has a name with more than \(ChangePath.nameLimit) bytes"
        }
        // Such as ".." and what some systems make of it.
        guard !name.unicodeScalars.allSatisfy({ $0 == "." || $0 == " " }) else {
            return "has a name of nothing but dots"
        }
        guard PlainText.isOneLine(name) else { return "has a control character in it" }
        guard !name.utf8.contains(UInt8(ascii: "\\")) else { return "has a backslash in it" }
        guard !namesDrive(name) else { return "names a drive" }
        guard !isGitFolder(name) else { return "leads into a git folder" }
        guard !isDevice(name) else { return "has a name that some systems keep for a device" }
        return nil
    }

    private static func namesDrive(_ name: String) -> Bool {
        let bytes = Array(name.utf8.prefix(2))
        guard bytes.count == 2, bytes[1] == UInt8(ascii: ":") else { return false }
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[0] | 0x20)
    }

    /// `.git` and everything that HFS+ or NTFS open in its place: case, invisible characters, dots and spaces at the end,
    /// streams, and the short name.
    private static func isGitFolder(_ name: String) -> Bool {
        let visible = name.unicodeScalars.filter {
            !$0.properties.isDefaultIgnorableCodePoint && $0.properties.generalCategory != .format
        }
        let plain = stem(of: String(String.UnicodeScalarView(visible)), before: [":"])
        if plain == ".git" { return true }
        guard plain.hasPrefix("git~") else { return false }
        return plain.dropFirst(4).utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The name without case, up to the first of the separators and without the dots and spaces that end it. Goes by code
    /// points: a mark that joins with a dot to one character does not hide it from a file system.
    private static func stem(of name: String, before separators: Set<Unicode.Scalar>) -> String {
        var scalars = Array(ExactText.folded(name).unicodeScalars.prefix { !separators.contains($0) })
        while let last = scalars.last, last == "." || last == " " { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }

    private static let devices: Set<String> = {
        let numbers = (0...9).map(String.init) + ["¹", "²", "³"]
        return Set(
            ["con", "prn", "aux", "nul", "conin$", "conout$"] + numbers.flatMap { ["com" + $0, "lpt" + $0] })
    }()

    /// Reserved on Windows, with any extension.
    private static func isDevice(_ name: String) -> Bool {
        devices.contains(stem(of: name, before: [".", ":"]))
    }
}
