import OffloadClient
import OffloadWire

/// Work that comes home.
extension TwoDevices {
    static let resultsPath = "/api/bridge/offload/results"

    static func results(of device: DeviceProcess) async throws -> [ResultView] {
        try await device.with {
            try await $0.get(resultsPath, query: [("limit", "500")], as: ResultList.self).results
        }
    }

    /// Waits until the source's results are as wanted; looked at whenever it tells of something.
    func waitForResults(
        until isRight: @escaping @Sendable ([ResultView]) -> Bool
    ) async throws -> [ResultView] {
        try await source.with { client in
            func look() async throws -> [ResultView] {
                try await client.get(Self.resultsPath, query: [("limit", "500")], as: ResultList.self).results
            }
            var found: [ResultView] = []
            try await client.events { _ in
                found = try await look()
                return !isRight(found)
            }
            return found
        }
    }

    @discardableResult
    func merge(_ task: String, _ wish: MergeRequest = MergeRequest()) async throws -> ResultView {
        try await source.with { try await $0.post("\(Self.resultsPath)/\(task)/merge", wish) }
    }

    @discardableResult
    func act(_ action: String, on task: String) async throws -> ResultView {
        try await source.with { try await $0.post("\(Self.resultsPath)/\(task)/\(action)") }
    }
}
