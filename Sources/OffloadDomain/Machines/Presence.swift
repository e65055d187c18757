/// Whether a paired device is there, judged by its heartbeats alone.
package struct Presence: Sendable, Equatable {
    /// A device sends a heartbeat this often.
    package static let pace = Duration.seconds(15)
    /// After this long without one it counts as gone: a connection whose other end has vanished says nothing by itself.
    package static let patience = Duration.seconds(45)

    /// What a heartbeat tells.
    package struct Heartbeat: Sendable, Equatable {
        /// Made at random at each start of the device.
        package let instance: String
        /// How often the data folder was started; grows by one with each start.
        package let start: Int64
        package let version: String
        package let slots: Int
        package let freeSlots: Int
        package let agents: [String]

        package init(instance: String, start: Int64, version: String, slots: Int, freeSlots: Int, agents: [String]) {
            self.instance = instance
            self.start = start
            self.version = version
            self.slots = slots
            self.freeSlots = freeSlots
            self.agents = agents
        }
    }

    package enum Answer: Sendable, Equatable {
        /// It was not there before.
        case connected
        case still
        /// Another process with the same identity was heard since: the data folder was copied and runs twice. It is not
        /// listened to.
        case twice
    }

    /// The latest heartbeat; nil before the first.
    package private(set) var latest: Heartbeat?
    package private(set) var isConnected = false
    private var heardAt = Duration.zero
    /// Instances that were followed by a later one.
    private var superseded: [String] = []

    private static let remembered = 16

    package init() {}

    /// - Parameter now: a reading of a monotonic clock.
    package mutating func heard(_ heartbeat: Heartbeat, at now: Duration) -> Answer {
        if superseded.contains(heartbeat.instance) { return .twice }
        if let latest, latest.instance != heartbeat.instance {
            // Two that were started equally often come from one copy each; the one that was here first stays.
            guard heartbeat.start > latest.start || !isConnected else { return .twice }
            superseded.append(latest.instance)
            if superseded.count > Self.remembered { superseded.removeFirst() }
        }
        latest = heartbeat
        heardAt = now
        guard !isConnected else { return .still }
        isConnected = true
        return .connected
    }

    /// - Returns: whether it has gone just now.
    package mutating func look(at now: Duration) -> Bool {
        guard isConnected, now - heardAt >= Self.patience else { return false }
        isConnected = false
        return true
    }

    /// It said good-bye, or was disconnected.
    /// - Returns: whether it was there.
    package mutating func left() -> Bool {
        defer { isConnected = false }
        return isConnected
    }
}

/// How long to wait before the next attempt to reach another device: a random time up to a limit that doubles with each
/// failure ("full jitter"), so that devices that lost the same network do not all come back at the same moment.
package struct Backoff: Sendable, Equatable {
    private static let first = Duration.milliseconds(500)
    private static let longest = Duration.seconds(30)
    private var limit = Backoff.first

    package init() {}

    package mutating func next(_ generator: inout some RandomNumberGenerator) -> Duration {
        defer { limit = min(limit * 2, Self.longest) }
        return limit * Double.random(in: 0...1, using: &generator)
    }

    package mutating func succeeded() { limit = Self.first }
}
