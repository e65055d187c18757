import OffloadDomain

/// One change as the list has it.
struct ChangeRow: Decodable {
    let path: String
    let kind: String?
    let sha256: String?
    let base: String?
    let baseKind: String?

    /// - Throws: `OffloadError` of kind `unprocessable` that shows the path.
    func checked() throws -> CheckedChange {
        let path = try ChangePath(path)
        let (kind, baseKind) = (try known(kind), try known(baseKind))
        for digest in [sha256, base].compactMap({ $0 }) {
            guard ContentDigestText.isOne(digest) else { throw refusal("has something else than a digest") }
        }
        guard (kind == nil) == (sha256 == nil) else { throw refusal("has a kind or a content, but not both") }
        guard kind != nil || base != nil else { throw refusal("is deleted and was not there") }
        guard baseKind == nil || base != nil else { throw refusal("was something that was not there") }
        var theirs: FileContent?
        if let kind, let sha256 { theirs = FileContent(kind, sha256) }
        return CheckedChange(path: path, theirs: theirs, base: base, baseKind: baseKind)
    }

    private func known(_ kind: String?) throws -> Manifest.Entry.Kind? {
        guard let kind else { return nil }
        guard let known = Manifest.Entry.Kind(rawValue: kind) else { throw refusal("is of no kind that is known") }
        return known
    }

    private func refusal(_ flaw: String) -> OffloadError {
        OffloadError(.unprocessable, "the result's \(ShownPath.text(path)) \(flaw)")
    }
}

enum ChangeSetRules {
    /// Checks that all paths of a result can be there at once, on any file system: no two that some systems take for one,
    /// none that is a folder of another. What is deleted is not there, so that `a` may make room for `a/b` or for `A`; but
    /// no path is in the list twice.
    /// - Parameter folderLimit: how many folders the paths may need. A short list can name very many.
    /// - Throws: `OffloadError` of kind `unprocessable` that shows the first path that collides.
    static func checkTogether(_ changes: [CheckedChange], folderLimit: Int) throws {
        var paths: Set<ChangePath> = []
        var names = NameTree()
        for change in changes {
            guard paths.insert(change.path).inserted else { throw refusal(change, "is there twice") }
            guard change.theirs != nil else { continue }
            if let flaw = names.flaw(ofAdding: change.path) { throw refusal(change, flaw) }
            guard names.folderCount <= folderLimit else { throw refusal(change, "is in one of too many folders") }
        }
    }

    private static func refusal(_ change: CheckedChange, _ flaw: String) -> OffloadError {
        OffloadError(.unprocessable, "the result's \(ShownPath.text(change.path.text)) \(flaw)")
    }
}

/// All names of a result, folder by folder and without case, so that each is looked at once.
struct NameTree {
    private enum Place { case file, folder(Int) }

    private var folders: [[String: Place]] = [[:]]
    var folderCount: Int { folders.count }

    /// - Returns: what is wrong with the path beside those that were added before.
    mutating func flaw(ofAdding path: ChangePath) -> String? {
        var here = 0
        for name in path.folders {
            switch folders[here][ExactText.folded(name)] {
            case .file: return "lies in what is a file of the result too"
            case .folder(let next): here = next
            case nil:
                folders[here][ExactText.folded(name)] = .folder(folders.count)
                here = folders.count
                folders.append([:])
            }
        }
        switch folders[here].updateValue(.file, forKey: ExactText.folded(path.name)) {
        case .file: return "is for some systems the same as another"
        case .folder: return "is a folder of another of the result's files"
        case nil: return nil
        }
    }
}
