/// Every setting of a device: names, defaults and what is allowed, in the order in which people see them.
struct DeviceSettingTable: Sendable {
    /// Names that are ours and read elsewhere.
    static let ignoredNames = ["OFFLOAD_CRASH_AT", "OFFLOAD_ATTEMPT_MARKER"]

    let enabled = Setting.flag(
        "OFFLOAD_ENABLED", default: true, "Whether this device takes part in offloading at all")
    let pairingExpiry = Setting.milliseconds(
        "OFFLOAD_PAIRING_EXPIRY_MS", default: 300_000, in: 1_000...3_600_000, "How long a pairing code can be used")
    let syncInterval = Setting.milliseconds(
        "OFFLOAD_SYNC_INTERVAL_MS", default: 5_000, in: 100...3_600_000, "How often a device asks for work")
    let lanOnly = Setting.flag(
        "OFFLOAD_LAN_ONLY", default: false, "Whether devices outside of the local network are turned away")
    let lease = Setting.milliseconds(
        "OFFLOAD_LEASE_MS", default: 60_000, in: 2_000...3_600_000,
        "How long a device may be silent about a task before it counts as unreachable")
    let unreachableGrace = Setting.milliseconds(
        "OFFLOAD_UNREACHABLE_GRACE_MS", default: 600_000, in: 0...86_400_000,
        "How long an unreachable device keeps its tasks")
    let autoAssign = Setting.flag(
        "OFFLOAD_AUTO_ASSIGN", default: true, "Whether tasks from other devices start by themselves")
    let port = Setting.number(
        "OFFLOAD_PORT", default: 4747, in: 0...65_535, remark: " (0: any free port)",
        "Port of the Bridge API and the page, on this machine only")
    let peerPort = Setting.number(
        "OFFLOAD_PEER_PORT", default: 4748, in: 0...65_535, remark: " (0: any free port)",
        "Port on which other devices reach this one")
    let dataFolder: Setting<String>
    let deviceName: Setting<String>
    let slots = Setting.number(
        "OFFLOAD_SLOTS", default: 4, in: 1...64, "How many tasks run at the same time")
    let agent = Setting.text(
        "OFFLOAD_AGENT", default: "claude", allowed: AgentName.allowed,
        "The agent of projects that do not name one", read: { AgentName.accepts($0) ? $0 : nil })
    let bridgeKey = Setting<SecretText?>(
        name: "BRIDGE_API_KEY", defaultText: "",
        allowed: "16 to 512 printable ASCII characters without spaces, or nothing",
        explanation: "The key that opens the Bridge API",
        read: { text in
            if text.isEmpty { return .some(nil) }
            let isFit = (16...512).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            // Not in one expression with a condition: that would make "no key" of a key that is not allowed.
            guard isFit else { return nil }
            return .some(SecretText(text))
        },
        show: { $0 == nil ? "made at random" : "set" },
        isSecret: true)
    let largestStreamCount = Setting.number(
        "OFFLOAD_MAX_STREAMS", default: 32, in: 1...100_000, "How many event streams can be open at the same time")
    let logLevel = Setting.text(
        "OFFLOAD_LOG_LEVEL", default: "info", allowed: logLevels.joined(separator: ", "),
        "How much is written to the log",
        read: { text in logLevels.contains(text.lowercased()) ? text.lowercased() : nil })

    init(machine: Machine, environment: [String: String]) {
        dataFolder = .text(
            "OFFLOAD_DATA_DIR", default: machine.defaultDataFolder(environment: environment),
            allowed: "an absolute path", "Where the database, keys and results of this device are kept",
            read: { text in
                let isFit =
                    text.hasPrefix("/") && text.utf8.count <= 4_096
                    && text.unicodeScalars.allSatisfy(ShownText.isPlain)
                return isFit ? FilePath.withoutTrailingSlashes(text) : nil
            })
        deviceName = .text(
            "OFFLOAD_DEVICE_NAME", default: machine.defaultDeviceName,
            allowed: "1 to \(DeviceName.largestLength) characters, no control characters",
            "What other devices call this one", read: { DeviceName.accepts($0) ? $0 : nil })
    }

    var all: [any NamedSetting] {
        [
            enabled, pairingExpiry, syncInterval, lanOnly, lease, unreachableGrace, autoAssign, port, peerPort,
            dataFolder, deviceName, slots, agent, bridgeKey, largestStreamCount, logLevel,
        ]
    }
}

private let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
