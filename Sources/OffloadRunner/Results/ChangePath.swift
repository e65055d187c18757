import OffloadDomain

/// The path of a change: relative to the project's root and harmless on every file system that we know of, also where the
/// change was not made, since a result may come from any device.
struct ChangePath: Sendable, Hashable, CustomStringConvertible {
    /// In bytes, and in folders.
    static let (lengthLimit, depthLimit, nameLimit) = (4_096, 128, 255)

    let exact: ExactText

    var text: String { exact.text }
    var description: String { text }
    /// At least one; each is a name.
    var components: [String] { text.split(separator: "/", omittingEmptySubsequences: false).map(String.init) }
    var folders: [String] { components.dropLast() }
    var name: String { components.last ?? text }

    /// - Throws: `OffloadError` of kind `unprocessable` that shows the path and says what is wrong with it.
    init(_ text: String) throws {
        if let flaw = Self.flaw(of: text) {
            throw OffloadError(.unprocessable, "the result has the path \(ShownPath.text(text)), which \(flaw)")
        }
        exact = ExactText(text)
    }

    /// What is wrong with a path, in words that follow on "which".
    static func flaw(of path: String) -> String? {
        guard path.utf8.count <= lengthLimit else { return "has more than \(lengthLimit) bytes" }
        guard path.utf8.first != UInt8(ascii: "/") else { return "does not begin inside the project" }
        let components = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard components.count <= depthLimit else { return "has more than \(depthLimit) folders" }
        for component in components {
            if let flaw = NameRules.flaw(of: component) { return flaw }
        }
        if StagingName.isOne(components[0]) || isBelowRequirements(path) { return "belongs to Offload" }
        return nil
    }

    /// The texts of requirements are ours; they are left out of results where these are made.
    private static func isBelowRequirements(_ path: String) -> Bool {
        let (path, folder) = (ExactText.folded(path), ExactText.folded(Requirement.folder))
        return path == folder || path.hasPrefix(folder + "/")
    }
}

extension ChangePath {
    /// Checks that the target of a link at this path leads to somewhere inside the project.
    ///
    /// Steps up are taken only at the beginning, where they start from a folder that is no link: `a/..` leads back only
    /// when `a` is none.
    /// - Throws: `OffloadError` of kind `unprocessable` that shows the path.
    func checkLink(to target: [UInt8]) throws {
        guard let text = String(validating: target, as: UTF8.self), let flaw = linkFlaw(text) else {
            guard String(validating: target, as: UTF8.self) == nil else { return }
            throw OffloadError(
                .unprocessable, "the result has the link \(ShownPath.text(self.text)) to what is no text")
        }
        throw OffloadError(
            .unprocessable,
            "the result has the link \(ShownPath.text(self.text)) to \(ShownPath.text(text)), which \(flaw)")
    }

    private func linkFlaw(_ target: String) -> String? {
        guard !target.isEmpty, target.utf8.count < Self.lengthLimit else { return "is empty or too long" }
        guard target.utf8.first != UInt8(ascii: "/") else { return "does not begin inside the project" }
        var height = folders.count
        var wentDown = false
        for component in target.split(separator: "/").map(String.init) where component != "." {
            if component == ".." {
                guard !wentDown else { return "goes up after it went down" }
                height -= 1
                guard height >= 0 else { return "leads out of the project" }
            } else {
                if let flaw = NameRules.flaw(of: component) { return flaw }
                wentDown = true
            }
        }
        return nil
    }
}
