/// The ledger's file and the mark that tells whether the last run ended in order.
struct StoreFile: Sendable {
    static let name = "offload.sqlite"
    static let runningMark = "running"

    let folder: String
    /// Whether the mark of an earlier run was there when this value was made.
    let wasUnclean: Bool

    init(folder: String) {
        self.folder = folder
        wasUnclean = Self.wasUnclean(folder: folder)
    }

    static func wasUnclean(folder: String) -> Bool { PrivateFile.exists(folder + "/" + runningMark) }

    var path: String { sibling(Self.name) }

    func sibling(_ name: String) -> String { folder + "/" + name }

    /// Makes the file, empty and for its owner only; SQLite gives its companions the same mode.
    /// - Returns: whether it was made.
    func makeIfMissing() throws -> Bool {
        guard try PrivateFile.make(path) else { return false }
        try PrivateFile.flush(folder)
        return true
    }

    /// Not flushed to the disk: after a power cut that takes the mark along, SQLite's own recovery is all that is
    /// needed.
    func markRunning() throws { try PrivateFile.make(sibling(Self.runningMark)) }

    /// A mark that cannot be removed costs a check at the next start and nothing else.
    func unmarkRunning() { try? PrivateFile.remove(sibling(Self.runningMark)) }
}
