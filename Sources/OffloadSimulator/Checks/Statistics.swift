/// Counts of what happened: the proof that a simulation was not boring.
struct Statistics: Sendable, Equatable {
    enum Count: String, Sendable, CaseIterable {
        case steps, ideas, tasks, refusals, transactions, commits
        case attempts
        case agentsStarted = "agents started"
        case completed
        case failed
        case cancelled
        case interrupted
        case interruptedByStop = "interrupted by a stop"
        case sealed
        case branches
        case cancelRequests = "cancel requests"
        case cancelsOfRunning = "cancels of running"
        case earlyStops = "cancels before the start"
        case successAfterCancel = "successes after a cancel"
        case retries
        case crashes
        case crashesWithAgents = "crashes with agents"
        case lostTransactions = "lost transactions"
        case orderlyStops = "orderly stops"
        case starts
        case startsCutOff = "starts cut off"
        case survivorsEnded = "survivors ended"
        case childrenEnded = "children ended"
        case fullDisks = "full disks"
        case repeatedReports = "repeated reports"
        case staleReports = "stale reports"
        case silentAgents = "silent agents"
        case timeLimits = "time limits"
        case kills
        case limitChanges = "limit changes"
        case lostParcels = "lost parcels"
        case repeatedParcels = "repeated parcels"
        case forgedReports = "forged reports"
        case accepted = "tasks taken over"
        case expiredClaims = "expired claims"
        case unreachable
        case lostLeases = "lost leases"

        /// What a fleet must have seen, and what a single device can't see.
        static let ofFleets: [Count] = [
            .lostParcels, .repeatedParcels, .forgedReports, .accepted, .expiredClaims, .unreachable, .lostLeases,
        ]
        static let ofFleetsToo: [Count] = [
            .steps, .ideas, .tasks, .transactions, .commits, .attempts, .agentsStarted, .completed, .interrupted,
            .cancelRequests, .retries, .crashes, .crashesWithAgents, .staleReports, .refusals,
        ]
        static var ofDevices: [Count] { allCases.filter { !ofFleets.contains($0) } }
    }

    private var counts = [Int](repeating: 0, count: Count.allCases.count)
    private static let places: [Count: Int] = Dictionary(
        uniqueKeysWithValues: Count.allCases.enumerated().map { ($1, $0) })

    subscript(count: Count) -> Int {
        get { Self.places[count].map { counts[$0] } ?? 0 }
        set { if let place = Self.places[count] { counts[place] = newValue } }
    }

    static func += (left: inout Statistics, right: Statistics) {
        for place in left.counts.indices { left.counts[place] += right.counts[place] }
    }
}
