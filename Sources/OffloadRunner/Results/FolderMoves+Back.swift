import OffloadDomain

/// The way back, in the same process or after a crash. It may itself be broken off and begun again.
extension FolderMoves {
    /// Whether all steps were made, and everything that left its place was what it was taken for.
    func isComplete(_ journal: IntegrationJournal) throws -> Bool {
        let staging = try root.entered([journal.staging])
        let twins = journal.twins
        for (index, step) in journal.steps.enumerated() {
            guard try entry(at: step, twins: twins).isLike(step.after) else { return false }
            let out = try staging?.entry(Self.slot(index)) ?? .nothing
            guard out == .nothing || out == FolderEntry(step.before) else { return false }
        }
        return true
    }

    /// Unmakes what was made of the steps.
    /// - Returns: paths that hold neither what was there before nor what was to come. They are left as they are.
    func moveBack(_ journal: IntegrationJournal) throws -> [String] {
        let isLost = try root.entered([journal.staging]) == nil
        if isLost { try root.createPrivateFolder(journal.staging) }
        let staging = try staging(journal)
        var left: [String] = []
        for (index, step) in journal.steps.enumerated().reversed() where step.after != nil {
            if try !moveBack(index, step, staging) { left.append(step.path) }
            try reached(.movedBack(index))
        }
        for path in journal.created.reversed() {
            let step = IntegrationStep(path: path, before: nil, after: nil)
            try root.entered(step.folders)?.removeEmptyFolder(step.name)
        }
        for path in journal.emptied.reversed() {
            let step = IntegrationStep(path: path, before: nil, after: nil)
            _ = try? root.entered(step.folders)?.entering(step.name)
        }
        for (index, step) in journal.steps.enumerated().reversed() where step.after == nil {
            if try !bringBack(index, step, staging, isLost: isLost) { left.append(step.path) }
            try reached(.movedBack(index))
        }
        try flush(journal)
        try reached(.allMovedBack)
        return left
    }

    /// Takes new content out of its place again.
    /// - Returns: whether the place is now as it was before, or was never touched.
    private func moveBack(_ index: Int, _ step: IntegrationStep, _ staging: borrowing SafeFolder) throws -> Bool {
        let (slot, spare, name) = (Self.slot(index), Self.spare(index), step.name)
        let out = try staging.entry(slot)
        // It still waits: the step was not made, or it was unmade already.
        if out == FolderEntry(step.after) { return true }
        let now = try entry(at: step)
        if now.isLike(step.before), out == .nothing { return true }
        guard now == FolderEntry(step.after), let folder = try root.entered(step.folders) else { return false }
        guard let before = step.before else {
            guard try folder.move(name, to: staging, as: spare, plainly: plainly) else { return false }
            if try staging.entry(spare) == FolderEntry(step.after) { return true }
            _ = try staging.move(spare, to: folder, as: name, plainly: plainly)
            return false
        }
        let source = out == .nothing ? spare : slot
        if out == .nothing { try restage(before, index, step, staging) }
        switch try staging.swap(source, with: name, in: folder, plainly: plainly) {
        case .refused: return false
        case .replaced: return true
        case .swapped:
            if try staging.entry(source) == FolderEntry(step.after) { return true }
            _ = try staging.swap(source, with: name, in: folder, plainly: plainly)
            return false
        }
    }

    /// Brings back what was taken away.
    private func bringBack(
        _ index: Int, _ step: IntegrationStep, _ staging: borrowing SafeFolder, isLost: Bool
    ) throws -> Bool {
        let (slot, spare) = (Self.slot(index), Self.spare(index))
        let isOut = staging.kind(of: slot) != .missing
        let now = try entry(at: step)
        guard now == .nothing else { return !isOut || now == FolderEntry(step.before) }
        guard let before = step.before, isOut || isLost else { return true }
        guard let folder = try root.entered(step.folders) else { return false }
        if isOut { return try staging.move(slot, to: folder, as: step.name, plainly: plainly) }
        try restage(before, index, step, staging)
        return try staging.move(spare, to: folder, as: step.name, plainly: plainly)
    }

    /// A second time of what was kept, where the first is gone.
    private func restage(
        _ content: FileContent, _ index: Int, _ step: IntegrationStep, _ staging: borrowing SafeFolder
    ) throws {
        let (part, spare) = (Self.part(index), Self.spare(index))
        staging.remove(part)
        try Self.write(content, to: part, in: staging, from: try record.content(content.sha256), for: step)
        if try !staging.move(part, to: staging, as: spare, plainly: plainly) {
            guard try staging.entry(spare) == .content(content) else {
                throw OffloadError(.device, "there is something unknown in the folder of what is to be put back")
            }
        }
    }

    static func spare(_ index: Int) -> String { "back-\(index)" }
    static func part(_ index: Int) -> String { "part-\(index)" }

    /// Removes the staging folder, but nothing that is neither what was there before nor what was to come.
    /// - Returns: what is left, as paths in the project.
    func clear(_ journal: IntegrationJournal) throws -> [String] {
        guard let staging = try root.entered([journal.staging]) else { return [] }
        var left: [String] = []
        for name in try staging.names() {
            if try isOurs(name, in: staging, journal) {
                staging.remove(name)
            } else {
                left.append("\(journal.staging)/\(name)")
            }
        }
        root.removeEmptyFolder(journal.staging)
        try root.flush()
        return left.sorted()
    }

    private func isOurs(_ name: String, in staging: borrowing SafeFolder, _ journal: IntegrationJournal) throws -> Bool
    {
        // Before the first move there is nothing in it but what we wrote, as far as we came.
        if journal.phase == .staging { return true }
        let parts = name.split(separator: "-")
        guard let index = parts.last.flatMap({ Int($0) }), journal.steps.indices.contains(index) else { return false }
        if name == Self.part(index) { return true }
        let (entry, step) = (try staging.entry(name), journal.steps[index])
        return entry == .nothing || step.before.map { entry == .content($0) } ?? false
            || step.after.map { entry == .content($0) } ?? false
    }
}
