import OffloadDomain

/// Where an integration is when a test wants to know, or to end it there.
enum IntegrationPlace: Sendable, Equatable {
    case keptBefore, journalWritten, stagingMade
    case staged(Int)
    case allStaged
    case checked(Int)
    case takenOut(Int)
    case moved(Int)
    case foldersRemoved, foldersMade, allMoved, recorded, cleared
    case movedBack(Int)
    case allMovedBack
}

/// Makes the steps of a journal in a project, or unmakes them. Everything goes from descriptors of folders that were entered
/// without following links, and everything that leaves its place is looked at after it has left: nobody can change it
/// between the look and the move. Blocks.
final class FolderMoves {
    let root: SafeFolder
    let record: IntegrationRecord
    /// Whether to do as on file systems that can neither exchange two names nor spare one.
    let plainly: Bool
    let reached: (IntegrationPlace) throws -> Void

    init(
        projectPath: String, record: IntegrationRecord, plainly: Bool,
        reached: @escaping (IntegrationPlace) throws -> Void
    ) throws {
        guard FileSystem.kind(of: projectPath) == .folder else {
            throw OffloadError(.unprocessable, "the project's folder \(ShownPath.text(projectPath)) is not there")
        }
        root = try SafeFolder(path: projectPath)
        self.record = record
        self.plainly = plainly
        self.reached = reached
    }

    static func changed(_ step: IntegrationStep) -> OffloadError {
        OffloadError(.conflict, "\(ShownPath.text(step.path)) has changed since it was compared")
    }

    static func slot(_ index: Int) -> String { String(index) }

    /// What lies where a step is made.
    func entry(at step: IntegrationStep) throws -> FolderEntry {
        guard let folder = try root.entered(step.folders) else { return .nothing }
        return try folder.entry(step.name)
    }

    /// The same, by exactly this name even where case does not matter.
    /// - Parameter twins: `twins` of the journal; for all other names there is nothing to be taken for them.
    func entry(at step: IntegrationStep, twins: Set<String>) throws -> FolderEntry {
        let entry = try entry(at: step)
        guard entry != .nothing, twins.contains(ExactText.folded(step.path)) else { return entry }
        let names = try root.entered(step.folders)?.names() ?? []
        return names.contains { ExactText($0) == ExactText(step.name) } ? entry : .nothing
    }

    func folder(of step: IntegrationStep) throws -> SafeFolder {
        guard let folder = try root.entered(step.folders) else { throw Self.changed(step) }
        return folder
    }

    func staging(_ journal: IntegrationJournal) throws -> SafeFolder {
        guard let staging = try root.entered([journal.staging]) else {
            throw OffloadError(.conflict, "the folder \(journal.staging) was removed from the project")
        }
        return staging
    }

    // MARK: - Forward

    /// Writes everything that is to come into the staging folder, durably.
    /// - Throws: `OffloadError` of kind `unprocessable` when content is not what the journal says.
    func stage(_ journal: IntegrationJournal, content: (IntegrationStep, String) throws -> ReadableFile) throws {
        try root.createPrivateFolder(journal.staging)
        try reached(.stagingMade)
        let staging = try staging(journal)
        for (index, step) in journal.steps.enumerated() {
            guard let after = step.after else { continue }
            try Self.write(after, to: Self.slot(index), in: staging, from: try content(step, after.sha256), for: step)
            try reached(.staged(index))
        }
        try staging.flush()
        try root.flush()
    }

    static func write(
        _ content: FileContent, to name: String, in folder: borrowing SafeFolder, from file: consuming ReadableFile,
        for step: IntegrationStep
    ) throws {
        let digest: String
        if content.kind == .link {
            guard let target = try file.bytes(limit: ChangePath.lengthLimit) else { throw Self.altered(step) }
            digest = try file.digest()
            try folder.createLink(name, to: target)
        } else {
            digest = try folder.create(
                name, copying: file, executable: content.kind == .executable, permissions: content.permissions)
        }
        guard digest == content.sha256 else { throw Self.altered(step) }
    }

    private static func altered(_ step: IntegrationStep) -> OffloadError {
        OffloadError(.unprocessable, "the content of \(ShownPath.text(step.path)) is not what it was made of")
    }

    /// Makes all steps.
    /// - Throws: `OffloadError` of kind `conflict` when something has changed; what was moved until then has stayed so.
    func makeSteps(of journal: IntegrationJournal) throws {
        let staging = try staging(journal)
        for (index, step) in journal.steps.enumerated() where step.after == nil { try take(index, step, staging) }
        for path in journal.emptied {
            let step = IntegrationStep(path: path, before: nil, after: nil)
            try root.entered(step.folders)?.removeEmptyFolder(step.name)
        }
        try reached(.foldersRemoved)
        for path in journal.created {
            let step = IntegrationStep(path: path, before: nil, after: nil)
            // Where something else has the place, the steps below say so.
            _ = try? root.entered(step.folders)?.entering(step.name)
        }
        try reached(.foldersMade)
        for (index, step) in journal.steps.enumerated() where step.after != nil { try take(index, step, staging) }
        try flush(journal)
        try reached(.allMoved)
    }

    private func take(_ index: Int, _ step: IntegrationStep, _ staging: borrowing SafeFolder) throws {
        let folder = try folder(of: step)
        let (slot, name) = (Self.slot(index), step.name)
        guard try folder.entry(name) == FolderEntry(step.before) else { throw Self.changed(step) }
        try reached(.checked(index))
        if step.before == nil {
            guard try staging.move(slot, to: folder, as: name, plainly: plainly) else { throw Self.changed(step) }
        } else if step.after == nil {
            guard try folder.move(name, to: staging, as: slot, plainly: plainly) else { throw Self.changed(step) }
            try reached(.takenOut(index))
            if try staging.entry(slot) != FolderEntry(step.before) {
                _ = try staging.move(slot, to: folder, as: name, plainly: plainly)
                throw Self.changed(step)
            }
        } else {
            switch try staging.swap(slot, with: name, in: folder, plainly: plainly) {
            case .refused: throw Self.changed(step)
            case .replaced: break
            case .swapped:
                try reached(.takenOut(index))
                if try staging.entry(slot) != FolderEntry(step.before) {
                    _ = try staging.swap(slot, with: name, in: folder, plainly: plainly)
                    throw Self.changed(step)
                }
            }
        }
        try reached(.moved(index))
    }

    /// Makes durable what was moved.
    func flush(_ journal: IntegrationJournal) throws {
        var folders: Set<[String]> = [[journal.staging]]
        for path in journal.steps.map(\.path) + journal.emptied + journal.created {
            folders.insert(IntegrationStep(path: path, before: nil, after: nil).folders)
        }
        for folder in folders { try root.entered(folder)?.flush() }
        try root.flush()
    }
}

extension FolderEntry {
    init(_ content: FileContent?) { self = content.map { .content($0) } ?? .nothing }

    /// Whether a side of a step is here. A folder is as good as nothing: a file that went may have made room for one.
    func isLike(_ content: FileContent?) -> Bool {
        self == FolderEntry(content) || content == nil && self == .folder
    }
}
