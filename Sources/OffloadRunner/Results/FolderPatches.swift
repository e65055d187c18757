import OffloadDomain

/// What a result without git changes, as a patch against what the project has now, or had before the result was taken.
struct FolderPatches: Sendable {
    private let dataFolder: String
    private let git: Git
    private let files: FileSystem
    private let work = BlockingWork(label: "offload.patches")

    /// Files in one patch: each is a process.
    private static let fileLimit = 200
    /// Larger files are only named.
    private static let sizeLimit = 4 << 20

    init(dataFolder: String, git: Git, tools: any ToolRunner) {
        files = FileSystem(tools: tools)
        self.dataFolder = dataFolder
        self.git = git
    }

    func patch(
        of changes: [CheckedChange], _ key: AttemptKey, project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        var text: [UInt8] = []
        for (index, change) in changes.enumerated() {
            guard index < Self.fileLimit, text.count < limit else { return (Array(text.prefix(limit)), true) }
            text += try await patch(of: change, key, project)
        }
        return (Array(text.prefix(limit)), text.count > limit)
    }

    private func patch(of change: CheckedChange, _ key: AttemptKey, _ project: Project) async throws -> [UInt8] {
        // Of one line, and without what can't be seen: the rules for names saw to that.
        let name = change.path.text
        var head = "diff --git a/\(name) b/\(name)\n"
        if change.theirs == nil { head += "deleted file\n" } else if change.base == nil { head += "new file\n" }
        if change.theirs?.kind == .executable, change.baseKind == .file { head += "now a program\n" }
        let (before, after) = try await work.run {
            (try self.before(change, key, project), try self.after(change, key))
        }
        guard let before, let after else { return Array((head + "larger than \(Self.sizeLimit) bytes\n").utf8) }
        let hunks = try await hunks(from: before, to: after)
        guard hunks.first == UInt8(ascii: "@") else { return Array(head.utf8) + hunks }
        head += change.base == nil ? "--- /dev/null\n" : "--- a/\(name)\n"
        head += change.theirs == nil ? "+++ /dev/null\n" : "+++ b/\(name)\n"
        return Array(head.utf8) + hunks
    }

    /// - Returns: nil for what is too large; nothing where there was nothing.
    private func after(_ change: CheckedChange, _ key: AttemptKey) throws -> [UInt8]? {
        guard let theirs = change.theirs else { return [] }
        return try StoredChangeSet(dataFolder: dataFolder, key).content(theirs.sha256, for: change.path)
            .bytes(limit: Self.sizeLimit)
    }

    /// What was replaced is kept for undoing, by its digest; else the project has it.
    private func before(_ change: CheckedChange, _ key: AttemptKey, _ project: Project) throws -> [UInt8]? {
        guard let base = change.base else { return [] }
        let record = IntegrationRecord(dataFolder: dataFolder, task: key.task)
        if try record.journal() != nil, let kept = try? record.content(base) {
            return try kept.bytes(limit: Self.sizeLimit)
        }
        let components = change.path.components
        guard let name = components.last,
            let folder = try SafeFolder(path: project.path).entered(Array(components.dropLast())),
            let file = try folder.file(name)
        else { return [] }
        return try file.bytes(limit: Self.sizeLimit)
    }

    /// - Returns: from the first hunk on, or what git says of files that are no text.
    private func hunks(from before: [UInt8], to after: [UInt8]) async throws -> [UInt8] {
        let folder = "\(dataFolder)/scratch/compare-\(UInt64.random(in: .min ... .max))"
        do {
            let hunks = try await hunks(from: before, to: after, in: folder)
            await files.remove(folder)
            return hunks
        } catch {
            await files.remove(folder)
            throw error
        }
    }

    private func hunks(from before: [UInt8], to after: [UInt8], in folder: String) async throws -> [UInt8] {
        let sides = ["before", "after"].map { "\(folder)/\($0)" }
        try await work.run {
            try FileSystem.makeFolder(folder)
            try FileSystem.write(before, to: sides[0])
            try FileSystem.write(after, to: sides[1])
        }
        let result = try await git.run(
            [
                "diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--output=\(folder)/patch", "--",
                sides[0], sides[1],
            ], at: .nowhere)
        // 1 says that they differ.
        guard result.exitCode == 0 || result.exitCode == 1 else {
            throw OffloadError(
                .device, "git could not compare two files: \(PlainText.prefix(result.message, bytes: 300))")
        }
        let patch = try FileSystem.read("\(folder)/patch", from: 0, limit: 2 * Self.sizeLimit)
        let lines = patch.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let first = lines.firstIndex(where: { $0.starts(with: "@@ ".utf8) }) {
            return Array(lines[first...].joined(separator: [UInt8(ascii: "\n")]))
        }
        return before == after ? [] : Array("Binary files differ\n".utf8)
    }
}
