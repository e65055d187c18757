import OffloadDomain

/// Lets one at a time change a project; the others wait in the order in which they came.
actor ProjectTurns {
    private var last: [ProjectID: Task<Void, Never>] = [:]

    /// Runs `body` when its turn has come. It is not ended by the caller's cancellation: what was begun on a project is done.
    func take<Value: Sendable>(
        on project: ProjectID, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let before = last[project]
        let turn = Task {
            await before?.value
            return try await body()
        }
        let end = Task { _ = try? await turn.value }
        last[project] = end
        let value = await turn.result
        if last[project] == end { last[project] = nil }
        return try value.get()
    }
}
