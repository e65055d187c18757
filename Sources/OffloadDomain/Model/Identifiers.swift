/// A checked name of one thing: lower-case letters, digits and dashes, at most 64 characters.
///
/// Ids come back from clients, files and (later) other devices, so every one is checked at the edge where text becomes an id;
/// inside the program a bare string never stands for a thing.
package protocol Identifier: Sendable, Hashable, CustomStringConvertible, RawRepresentable where RawValue == String {
    /// What people call the thing, for messages such as "no such task".
    static var noun: String { get }
    /// One letter in front of generated ids, so that an id says what it names.
    static var prefix: String { get }
    init(unchecked rawValue: String)
}

extension Identifier {
    package init?(rawValue: String) {
        guard IdentifierRules.accepts(rawValue) else { return nil }
        self.init(unchecked: rawValue)
    }

    /// Reads an id that came from outside.
    /// - Throws: `OffloadError` of kind `invalidRequest` when the text is no id.
    package init(parsing text: String) throws(OffloadError) {
        guard IdentifierRules.accepts(text) else {
            throw .invalid("\(Self.noun) id", "an id has 1 to 64 lower-case letters, digits or dashes")
        }
        self.init(unchecked: text)
    }

    /// Makes a new id: the prefix, 8 Crockford base-32 digits of the time (milliseconds, 40 bits, which last 34 years at a
    /// time) and 8 of chance (40 bits).
    ///
    /// Ids that begin with the time are written next to each other in the store, so that the cost of a new one does not grow
    /// with the number of old ones. Nothing reads the time out of an id.
    package init(at time: Timestamp, from entropy: inout some RandomNumberGenerator) {
        let text =
            IdentifierRules.digits(UInt64(truncatingIfNeeded: time.milliseconds))
            + IdentifierRules.digits(entropy.next())
        self.init(unchecked: "\(Self.prefix)-\(text)")
    }

    package var description: String { rawValue }
}

private enum IdentifierRules {
    private static let alphabet: [Character] = Array("0123456789abcdefghjkmnpqrstvwxyz")

    /// The lowest 40 bits, most significant first.
    static func digits(_ bits: UInt64) -> String {
        String((0..<8).map { alphabet[Int((bits >> (35 - 5 * UInt64($0))) & 31)] })
    }

    static func accepts(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.first != UInt8(ascii: "-") else { return false }
        return bytes.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
    }
}

package struct ProjectID: Identifier {
    package static let noun = "project"
    package static let prefix = "p"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

package struct IdeaID: Identifier {
    package static let noun = "idea"
    package static let prefix = "i"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

package struct RequirementID: Identifier {
    package static let noun = "requirement"
    package static let prefix = "r"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

package struct TaskID: Identifier {
    package static let noun = "task"
    package static let prefix = "t"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// A device that runs Offload; made once per data folder.
package struct DeviceID: Identifier {
    package static let noun = "device"
    package static let prefix = "d"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// One pairing of two devices for one project. Both sides compute it from what they agreed on, so it is the same on both.
package struct PairID: Identifier {
    package static let noun = "device pair"
    package static let prefix = "x"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// One hand-over of a task to a paired device.
package struct HandoverID: Identifier {
    package static let noun = "hand-over"
    package static let prefix = "h"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// One of the device's lanes: `batch1`, `batch2`, …
package struct BatchID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Counted from 1.
    package let number: Int

    /// The most lanes that a device may be given; a bound for every loop over lanes.
    package static let limit = 64

    package init?(number: Int) {
        guard (1...Self.limit).contains(number) else { return nil }
        self.number = number
    }

    /// Reads `batch1` … `batch64`.
    /// - Throws: `OffloadError` of kind `invalidRequest` when the text names no lane.
    package init(parsing text: String) throws(OffloadError) {
        guard text.hasPrefix("batch"), let number = Int(text.dropFirst(5)), let batch = BatchID(number: number),
            batch.description == text
        else {
            throw .invalid("batch", "batches are called batch1, batch2, …")
        }
        self = batch
    }

    package var description: String { "batch\(number)" }
    package static func < (left: BatchID, right: BatchID) -> Bool { left.number < right.number }
}

/// Which hand-out of a task a message speaks of. It is the fence: it grows by one whenever the task is handed out, and
/// what carries an older number changes nothing.
package struct AttemptNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let value: Int

    /// The number of a task that was never handed out.
    package static let none = AttemptNumber(value: 0)

    package init(value: Int) { self.value = value }
    package var next: AttemptNumber { AttemptNumber(value: value + 1) }
    package var description: String { String(value) }
    package static func < (left: AttemptNumber, right: AttemptNumber) -> Bool { left.value < right.value }
}

/// One attempt of one task.
package struct AttemptKey: Sendable, Hashable, CustomStringConvertible {
    package let task: TaskID
    package let number: AttemptNumber

    package init(task: TaskID, number: AttemptNumber) {
        self.task = task
        self.number = number
    }

    package var description: String { "\(task)/\(number)" }
}
