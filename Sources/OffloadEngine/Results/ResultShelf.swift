import Logging
package import OffloadDomain
import ServiceLifecycle

/// The results that are here: what would come of merging them, and what people decide about them.
package final class ResultShelf: Service {
    let context: EngineContext
    let integration: any ResultIntegration
    let decisions = ResultDecisions()
    let turns = ProjectTurns()
    private let forecasts = Forecasts()
    /// Whoever asks for a forecast that is being made waits for it instead of making it again.
    private let forecasting = ProjectTurns()

    /// How many results are forecast at once; each pair of them is one merge.
    private static let forecastLimit = 64

    package init(context: EngineContext, integration: any ResultIntegration) {
        self.context = context
        self.integration = integration
    }

    /// The newest forecast of each project.
    private actor Forecasts {
        private var known: [ProjectID: (keys: [AttemptKey], forecast: Forecast)] = [:]

        func known(for project: ProjectID, of keys: [AttemptKey], at position: ProjectPosition) -> Forecast? {
            guard let known = known[project], known.keys == keys, known.forecast.position == position else {
                return nil
            }
            return known.forecast
        }

        func keep(_ forecast: Forecast, of keys: [AttemptKey], for project: ProjectID) {
            known[project] = (keys, forecast)
        }
    }

    // MARK: - Looking

    package struct Item: Sendable, Equatable {
        package let result: TaskResult
        /// nil for what can't be merged (any more).
        package let forecast: Forecast.Item?
        /// The device that did the work; nil for this one.
        package let pair: DevicePair?
    }

    /// Newest first. Of projects whose branch has moved, the forecasts are made anew.
    package func list(_ filter: ResultFilter, page: Page) async throws -> (items: [Item], total: Int) {
        let projects = try await context.ledger.read { reader in
            Set(try reader.results(filter, page: page).filter { $0.state.isOpen }.map(\.projectID))
        }
        var forecasts: [ProjectID: Forecast] = [:]
        for project in projects { forecasts[project] = try await refresh(project) }
        return try await context.ledger.read { [forecasts] reader in
            let items = try reader.results(filter, page: page).map { result in
                Item(
                    result: result, forecast: forecasts[result.projectID]?.item(result.key),
                    pair: try result.pairID.flatMap { try reader.devicePair($0) })
            }
            return (items, try reader.resultCount(filter))
        }
    }

    /// - Throws: `OffloadError` of kind `notFound` when the task has no result.
    package func find(_ task: TaskID) async throws -> Item {
        let (result, _) = try await known(task)
        let forecast = result.state.isOpen ? try await refresh(result.projectID) : nil
        return try await context.ledger.read { reader in
            guard let result = try reader.result(of: task) else { throw Self.missing(task) }
            return Item(
                result: result, forecast: forecast?.item(result.key),
                pair: try result.pairID.flatMap { try reader.devicePair($0) })
        }
    }

    /// The changed paths of a result, and how many there are.
    package func changes(of task: TaskID, page: Page) async throws -> (changes: [ResultChange], total: Int) {
        let (result, project) = try await known(task)
        return try await integration.changes(of: result, in: project, page: page)
    }

    /// - Parameter path: of one file; nil for all of them.
    package func patch(of task: TaskID, path: String?, limit: Int) async throws -> (text: [UInt8], isCut: Bool) {
        let (result, project) = try await known(task)
        return try await integration.patch(of: result, path: path, in: project, limit: limit)
    }

    func known(_ task: TaskID) async throws -> (TaskResult, Project) {
        try await context.ledger.read { reader in
            guard try reader.task(task) != nil else { throw OffloadError.missing(task) }
            guard let result = try reader.result(of: task), let project = try reader.project(result.projectID) else {
                throw Self.missing(task)
            }
            return (result, project)
        }
    }

    static func missing(_ task: TaskID) -> OffloadError {
        OffloadError(.notFound, "task \(task) has left no result")
    }

    // MARK: - Forecast

    /// Makes the project's forecast anew if its branch or its results have changed.
    /// - Returns: nil when none can be made; results stay what they were.
    @discardableResult
    package func refresh(_ id: ProjectID) async throws -> Forecast? {
        try await forecasting.take(on: id) { try await self.forecast(id) }
    }

    private func forecast(_ id: ProjectID) async throws -> Forecast? {
        let (project, results) = try await context.ledger.read { reader in
            (try reader.project(id), try reader.mergeable(in: id, limit: Self.forecastLimit))
        }
        guard let project, !results.isEmpty else { return nil }
        do {
            let position = try await integration.position(of: project)
            let keys = results.map(\.key)
            // A folder without git can have changed at any moment.
            if position.commit != nil, let known = await forecasts.known(for: id, of: keys, at: position) {
                return known
            }
            let forecast = try await integration.forecast(results, of: project, at: position)
            let now = context.clock.now()
            try await context.ledger.change { [decisions] transaction in
                try decisions.forecast(forecast, of: results, at: now, in: &transaction)
            }
            await forecasts.keep(forecast, of: keys, for: id)
            return forecast
        } catch let error as OffloadError {
            // A folder that is gone or a repository that is damaged: what came home is listed all the same.
            context.logger.warning("no forecast for \(project.name): \(error.message)")
            return nil
        }
    }

    /// Forecasts what arrives, and settles what a crash left in the middle.
    package func run() async throws {
        let commits = context.ledger.commits()
        await cancelWhenGracefulShutdown {
            await self.settleAll()
            for await events in commits {
                let projects = Set(events.filter { Self.changesForecasts.contains($0.name) }.compactMap(\.projectID))
                for project in projects {
                    do {
                        try await self.refresh(project)
                    } catch {
                        self.context.logger.warning("no forecast: \(error)", metadata: ["project": "\(project)"])
                    }
                }
            }
        }
    }

    private static let changesForecasts: Set<String> = [
        "offload_result_ready", "offload_result_merged", "offload_result_discarded",
    ]

    private func settleAll() async {
        do {
            for result in try await context.ledger.read({ try $0.unsettledResults() }) {
                guard let project = try await context.ledger.read({ try $0.project(result.projectID) }) else {
                    continue
                }
                try await settle(result, in: project)
            }
            for project in try await context.ledger.read({ try $0.projects() }) { try await refresh(project.id) }
        } catch {
            context.logger.error("merges that were cut off are not settled: \(error)")
        }
    }
}
