package import Logging
package import OffloadDomain

/// This device, as every service of the engine knows it.
package struct Device: Sendable {
    package let id: DeviceID
    package let name: String
    package let version: String
    /// How many lanes it has.
    package let slots: Int
    /// The agent for projects that name none.
    package let defaultAgent: String

    /// - Throws: `OffloadError` of kind `invalidRequest` for what is no name of a device.
    package static func checked(name: String) throws(OffloadError) -> String {
        guard (1...64).contains(name.count), name.utf8.count <= 256, PlainText.isOneLine(name),
            !PlainText.trimmed(name).isEmpty
        else { throw .invalid("deviceName", "one line of 1 to 64 characters") }
        return name
    }

    package init(id: DeviceID, name: String, version: String, slots: Int, defaultAgent: String) {
        self.id = id
        self.name = name
        self.version = version
        self.slots = slots
        self.defaultAgent = defaultAgent
    }
}

/// What the engine's services have in common: the record, the world's clock and dice, and a place to complain.
package struct EngineContext: Sendable {
    package let device: Device
    package let ledger: any Ledger
    package let clock: any WallClock
    package let identifiers: any IdentifierSource
    package let crashPoint: any CrashPoint
    package let logger: Logger

    package init(
        device: Device, ledger: any Ledger, clock: any WallClock, identifiers: any IdentifierSource,
        crashPoint: any CrashPoint, logger: Logger
    ) {
        self.device = device
        self.ledger = ledger
        self.clock = clock
        self.identifiers = identifiers
        self.crashPoint = crashPoint
        self.logger = logger
    }
}
