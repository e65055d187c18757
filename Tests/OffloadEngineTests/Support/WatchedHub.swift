import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit

/// A hub over a ledger in memory, with events to tell.
struct WatchedHub: Sendable {
    let memory = InMemoryLedger()
    let ledger: FaultyLedger
    let hub: EventHub
    let progress: ProgressBoard

    init(watcherLimit: Int = 8) {
        let ledger = FaultyLedger(memory)
        let hub = EventHub(ledger: ledger, newest: 0, watcherLimit: watcherLimit)
        self.ledger = ledger
        self.hub = hub
        progress = ProgressBoard { hub.nudge() }
    }

    /// Runs the hub while `body` runs, then shuts it down and waits until it has returned.
    func whileRunning(_ body: (WatchedHub) async throws -> Void) async throws {
        try await testGracefulShutdown { trigger in
            async let run: Void = hub.run()
            try await body(self)
            trigger.triggerGracefulShutdown()
            try await run
        }
    }

    /// Records so many events of a project, or of none.
    func record(_ count: Int = 1, of project: Int? = 1) throws {
        for _ in 0..<count {
            try memory.changeNow { transaction in
                let event =
                    if let project {
                        BridgeEvent.projectUpdated(Samples.project(project))
                    } else {
                        BridgeEvent.batchProgress(Batch(id: Samples.batch(1)), running: nil)
                    }
                _ = try transaction.record(event, at: Samples.time())
            }
        }
    }

    /// Watches in a task of its own; the test takes the news out one by one.
    func watch(after position: Int64?, project: Int? = nil) -> Watcher {
        let news = Mailbox<EventHub.News>()
        let ended = Latch<OffloadError?>()
        let task = Task {
            do {
                try await hub.watch(
                    after: position, projectID: project.map { Samples.project($0).id }, progress: progress
                ) { news.put($0) }
                ended.open(nil)
            } catch let error as OffloadError {
                ended.open(error)
            }
        }
        return Watcher(news: news, ended: ended, task: task)
    }

    struct Watcher: Sendable {
        let news: Mailbox<EventHub.News>
        /// How the watching ended: nil in peace.
        let ended: Latch<OffloadError?>
        let task: Task<Void, any Error>

        /// Waits until the watcher has been told of this position, or begins there.
        func reach(_ position: Int64) async throws {
            while true {
                switch try await news.take() {
                case .began(position): return
                case .events(let events) where events.contains { $0.position == position }: return
                default: continue
                }
            }
        }

        /// The positions of the next events, until `count` of them have come.
        func positions(_ count: Int) async throws -> [Int64] {
            var positions: [Int64] = []
            while positions.count < count {
                if case .events(let events) = try await news.take() { positions += events.map(\.position) }
            }
            return positions
        }
    }
}
