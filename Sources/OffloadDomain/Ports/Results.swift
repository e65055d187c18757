/// Brings the work of attempts from the device where it was done to the one whose task it is.
package protocol ResultTransfer: Sendable {
    /// Target: writes a kept result as it is sent.
    /// - Throws: `OffloadError` of kind `notFound` when it is not kept here any more.
    func pack(
        _ key: AttemptKey, _ content: ResultAnnouncement.Content, of project: Project
    ) async throws -> PackedResult

    /// Source: how much of a result has come, in bytes.
    func received(of key: AttemptKey) -> Int64

    /// Source: keeps a part of a result, durably.
    /// - Returns: how much there is now. A part that does not begin there changes nothing.
    func take(_ bytes: [UInt8], at offset: Int64, of key: AttemptKey) throws -> Int64

    /// Source: judges a result that has come whole and takes it over into this device's own keeping. Nothing of it is believed:
    /// it has to be one commit directly on the base that was given out, or changes of files, with nothing in it that can't be a
    /// file of a project.
    /// Doing it again for what was taken over changes nothing.
    /// - Throws: `OffloadError` of kind `conflict` when what came is not what was announced and has to be sent again,
    ///   `unprocessable` or `tooLarge` when it can never be taken over.
    func adopt(_ announcement: ResultAnnouncement, of project: Project) async throws -> ResultMachine.Arrival

    /// Source: forgets what has come of a result.
    func forget(_ key: AttemptKey) async
}

/// A result that lies ready to be sent.
package struct PackedResult: Sendable {
    package let pack: any BasePack
    /// SHA-256 of the pack, in lower-case hexadecimal digits.
    package let digest: String

    package init(pack: any BasePack, digest: String) {
        self.pack = pack
        self.digest = digest
    }
}

/// Brings results into the user's project, and says beforehand what would come of that.
package protocol ResultIntegration: Sendable {
    /// What a merge would start from.
    func position(of project: Project) async throws -> ProjectPosition

    /// How results go with the project as it is, and with each other. Changes nothing of the user's.
    func forecast(_ results: [TaskResult], of project: Project, at position: ProjectPosition) async throws -> Forecast

    /// Writes the result's branch into the user's repository, or finds the one that is there.
    /// - Returns: its name; nil where there is no git.
    func publish(_ result: TaskResult, of project: Project) async throws -> String?

    /// Removes the result's branch if it still points at the result, and nothing else.
    func withdraw(_ result: TaskResult, of project: Project) async

    /// Prepares a merge without changing anything of the user's.
    /// - Throws: `OffloadError` of kind `conflict` saying what stands in the way.
    func plan(
        _ result: TaskResult, as mode: Integration.Mode, message: String, of project: Project
    ) async throws -> Integration

    /// Changes the user's project.
    /// - Throws: `OffloadError` saying why it was not changed.
    func perform(_ integration: Integration, of result: TaskResult, in project: Project) async throws

    /// Changes the user's project back.
    /// - Throws: `OffloadError` of kind `conflict` when there is something on top of it; nothing was changed then.
    func reverse(_ integration: Integration, of result: TaskResult, in project: Project) async throws

    /// After a crash: whether the result is in the project.
    func isInProject(_ integration: Integration, of result: TaskResult, in project: Project) async throws -> Bool

    /// The changed paths of a result, in order, and how many there are.
    func changes(of result: TaskResult, in project: Project, page: Page) async throws -> (
        changes: [ResultChange], total: Int
    )

    /// The result as a patch.
    /// - Parameters:
    ///   - path: of one file; nil for all of them.
    ///   - limit: the most bytes.
    /// - Returns: the text, and whether it was cut.
    func patch(
        of result: TaskResult, path: String?, in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool)

    /// What the project changed at these paths since the result's base, as a patch.
    func patchOfProject(
        since result: TaskResult, paths: [String], in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool)
}
