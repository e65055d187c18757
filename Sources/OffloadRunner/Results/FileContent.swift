/// What a path holds, where it holds a file or a link.
struct FileContent: Sendable, Equatable, Codable {
    let kind: Manifest.Entry.Kind
    /// Of the bytes, or of a link's text.
    let sha256: String
    /// The permission bits, where they are known. They are no part of what is compared: whether a file can be executed
    /// says `kind`, and who may read it is the business of the person whose project it is.
    var permissions: UInt32?

    init(_ kind: Manifest.Entry.Kind, _ sha256: String, permissions: UInt32? = nil) {
        self.kind = kind
        self.sha256 = sha256
        self.permissions = permissions
    }

    static func == (left: Self, right: Self) -> Bool { left.kind == right.kind && left.sha256 == right.sha256 }
}

/// What lies in a project at the path of a change.
enum Standing: Sendable, Equatable {
    case nothing
    case content(FileContent)
    /// The place is taken by a folder, a device or a name that differs only in case, or one of the folders above it is not
    /// there to be entered for such a reason.
    /// - component: the part of the path that is taken, counted from 0.
    case taken(component: Int)
}

/// One change of a result, after everything that can be checked without its content.
struct CheckedChange: Sendable, Equatable {
    let path: ChangePath
    /// Nil when the attempt deleted the file.
    let theirs: FileContent?
    /// The digest of what the attempt started from; nil when there was nothing.
    let base: String?
    /// Nil when it is not known.
    let baseKind: Manifest.Entry.Kind?

    func isBase(_ content: FileContent) -> Bool {
        content.sha256 == base && (baseKind == nil || content.kind == baseKind)
    }
}
