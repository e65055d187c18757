import Logging
package import OffloadDomain

/// What people decide about results. One at a time for each project.
extension ResultShelf {
    /// What a person says when merging.
    package struct MergeWish: Sendable, Equatable {
        package var mode: Integration.Mode
        /// nil for what is usual.
        package var message: String?
        /// Whether a person has looked at the paths that can make programs run.
        package var isConfirmed: Bool
        package var seen: Seen

        package init(
            mode: Integration.Mode = .merge, message: String? = nil, isConfirmed: Bool = false, seen: Seen = Seen()
        ) {
            self.mode = mode
            self.message = message
            self.isConfirmed = isConfirmed
            self.seen = seen
        }

        /// Which result a person has looked at. Another one may have taken its place since: of a newer attempt, or one that came
        /// late.
        package struct Seen: Sendable, Equatable {
            /// The commit, or its first digits; nil for whichever it is.
            package var commit: String?
            /// nil for whichever it is.
            package var attempt: Int?

            package init(commit: String? = nil, attempt: Int? = nil) {
                self.commit = commit
                self.attempt = attempt
            }

            /// The fewest digits that tell one commit from another.
            private static let fewestDigits = 7

            /// - Throws: `OffloadError` of kind `invalidRequest` for what can't be a commit, or `stale` when it is another result.
            func check(_ result: TaskResult) throws(OffloadError) {
                var isSame = attempt == nil || attempt == result.key.number.value
                var present = "of attempt \(result.key.number)"
                if case .commit(let commit, _) = result.storage { present += ", commit \(commit.hex.prefix(10))" }
                if let wanted = commit {
                    guard wanted.utf8.count >= Self.fewestDigits, wanted.utf8.count <= 64,
                        wanted.allSatisfy(\.isHexDigit)
                    else { throw .invalid("commit", "\(Self.fewestDigits) to 64 hexadecimal digits") }
                    if case .commit(let commit, _) = result.storage {
                        isSame = isSame && commit.hex.hasPrefix(wanted.lowercased())
                    } else {
                        isSame = false
                    }
                }
                guard isSame else {
                    throw OffloadError(
                        .stale,
                        "the result has changed since it was looked at: it is now that \(present); look at it again, then merge"
                    )
                }
            }
        }

        package static let messageLimit = 16 * 1024
    }

    /// Brings a result into the user's project: recorded before it is done and after.
    /// - Throws: `OffloadError` of kind `conflict` when it can't be done now, or `stale` when it is not the result that was looked
    ///   at; nothing was changed then.
    package func merge(_ task: TaskID, _ wish: MergeWish) async throws -> TaskResult {
        if let message = wish.message {
            guard !PlainText.trimmed(message).isEmpty, message.utf8.count <= MergeWish.messageLimit,
                !message.utf8.contains(0)
            else { throw OffloadError.invalid("message", "1 to \(MergeWish.messageLimit) bytes without NUL") }
        }
        let (known, _) = try await known(task)
        return try await turns.take(on: known.projectID) { [self] in
            let (result, project) = try await self.known(task)
            try wish.seen.check(result)
            if result.state == .merged { return result }
            try ResultMachine(result).checkMergeable()
            try await check(result, project, wish)
            let message = wish.message ?? Self.message(for: result)
            let plan = try await integration.plan(result, as: wish.mode, message: message, of: project)
            return try await carryOut(plan, of: result, in: project)
        }
    }

    private func check(_ result: TaskResult, _ project: Project, _ wish: MergeWish) async throws {
        guard !wish.isConfirmed else { return }
        var sensitive = result.sensitivePaths
        if sensitive.isEmpty {
            var page = try Page(limit: Page.largest)
            var total = 0
            repeat {
                let found = try await integration.changes(of: result, in: project, page: page)
                total = found.total
                sensitive += SensitivePaths.among(found.changes.map(\.path))
                page = try Page(limit: Page.largest, offset: page.offset + Page.largest)
            } while page.offset < total && sensitive.isEmpty
        }
        guard !sensitive.isEmpty else { return }
        let names = sensitive.prefix(5).joined(separator: ", ") + (sensitive.count > 5 ? ", …" : "")
        throw OffloadError(
            .conflict, "the result changes files that can make programs run (\(names)); look at them, then confirm")
    }

    private static func message(for result: TaskResult) -> String {
        var message = "Merge \(result.branch ?? "the result"): \(result.title)\n\n"
        message += "Offload-Task: \(result.key.task)\nOffload-Attempt: \(result.key.number)\n"
        return message
    }

    private func carryOut(
        _ plan: Integration, of result: TaskResult, in project: Project
    ) async throws -> TaskResult {
        let now = context.clock.now()
        context.crashPoint.reached(.mergeBeforeIntent)
        let begun = try await context.ledger.change { [decisions] transaction in
            try decisions.begin(plan, of: result.key, at: now, in: &transaction)
        }
        context.crashPoint.reached(.mergeAfterIntent)
        do {
            try await integration.perform(plan, of: begun, in: project)
        } catch {
            try await settle(begun, in: project)
            throw error
        }
        context.crashPoint.reached(.mergeAfterEffect)
        return try await settle(begun, in: project)
    }

    /// Records what the project says about a change that was begun.
    @discardableResult
    func settle(_ result: TaskResult, in project: Project) async throws -> TaskResult {
        guard let plan = result.integration else { return result }
        let isInProject = try await integration.isInProject(plan, of: result, in: project)
        let now = context.clock.now()
        let settled = try await context.ledger.change { [decisions] transaction in
            try decisions.settle(result.key, isInProject: isInProject, at: now, in: &transaction)
        }
        context.crashPoint.reached(.mergeAfterConfirm)
        return settled ?? result
    }

    // MARK: - Taking back

    /// Takes a merged result out of the project again, or brings a discarded one back.
    /// - Throws: `OffloadError` of kind `conflict` when it can't be done (any more); nothing was changed then.
    package func undo(_ task: TaskID) async throws -> TaskResult {
        let (known, _) = try await known(task)
        return try await turns.take(on: known.projectID) { [self] in
            let (result, project) = try await self.known(task)
            let now = context.clock.now()
            guard result.state != .discarded else {
                let branch = result.storage == nil ? nil : try await integration.publish(result, of: project)
                return try await context.ledger.change { [decisions] transaction in
                    try decisions.restore(result.key, branch: branch, at: now, in: &transaction)
                }
            }
            let (begun, plan) = try await context.ledger.change { [decisions] transaction in
                try decisions.beginUndo(of: result.key, at: now, in: &transaction)
            }
            do {
                try await integration.reverse(plan, of: begun, in: project)
            } catch {
                try await settle(begun, in: project)
                throw error
            }
            context.crashPoint.reached(.undoAfterEffect)
            return try await settle(begun, in: project)
        }
    }

    /// Throws a result away; it can be brought back for a while.
    /// - Throws: `OffloadError` of kind `conflict` when it is in the project.
    package func discard(_ task: TaskID) async throws -> TaskResult {
        let (known, _) = try await known(task)
        return try await turns.take(on: known.projectID) { [self] in
            let (result, project) = try await self.known(task)
            let now = context.clock.now()
            let discarded = try await context.ledger.change { [decisions] transaction in
                try decisions.discard(result.key, at: now, in: &transaction)
            }
            await integration.withdraw(result, of: project)
            return discarded
        }
    }
}
