/// What two devices, their repositories and the agents themselves left behind of the work between them: plain data, read when
/// nothing runs any more, so that everything in it is durable.
struct History: Decodable, Sendable {
    /// What one device has in its record.
    struct Device: Decodable, Sendable {
        var tasks: [WorkItem]
        var attempts: [Attempt]
        /// Of a source: what it gave out, and to which pair.
        var handovers: [Handover]
        /// Of a target: what it took over, and through which pair.
        var inbox: [Handover]
        /// Of a target: reports that the source has not acknowledged.
        var outbox: [AttemptName]
        /// Of tasks, in the order in which they were recorded.
        var events: [Event]
        /// Branches of the user's repository and the refs of the results in our own.
        var refs: Set<String>
    }

    struct AttemptName: Decodable, Sendable, Hashable, CustomStringConvertible {
        let task: String
        let number: Int

        var description: String { "\(task)/\(number)" }
    }

    struct WorkItem: Decodable, Sendable {
        var id: String
        var idea: String
        var status: String
        var attempt: Int
        /// The lane or the pair that has it.
        var holder: String?
        /// Of a target: the pair that gave it.
        var origin: String?
        var isFinished: Int

        var current: AttemptName { AttemptName(task: id, number: attempt) }
        var isOver: Bool { Ending.finals.contains(status) }
    }

    struct Attempt: Decodable, Sendable {
        var task: String
        var number: Int
        var status: String
        /// The lane in which it ran; nil for one that another device has.
        var lane: Int?
        /// The other device.
        var pair: String?
        var result: String?
        var branch: String?

        var name: AttemptName { AttemptName(task: task, number: number) }
    }

    struct Handover: Decodable, Sendable {
        var task: String
        var number: Int
        var pair: String
        var status: String?

        var name: AttemptName { AttemptName(task: task, number: number) }
    }

    struct Event: Decodable, Sendable {
        /// queued, synced, started, completed, failed, cancelled or interrupted.
        var kind: String
        var task: String
        var number: Int
        var status: String
    }

    enum Ending {
        static let finals: Set = ["completed", "failed", "cancelled"]
    }

    var source: Device
    var target: Device
    /// One for each time that an agent said that it starts, in its own words.
    var starts: [AttemptName]
    /// Ideas whose queueing was acknowledged to a person.
    var queued: Set<String> = []
    /// Tasks whose cancellation was acknowledged to a person, and which nobody has tried again.
    var cancelled: Set<String> = []

    private enum CodingKeys: CodingKey {
        case source, target, starts
    }
}
