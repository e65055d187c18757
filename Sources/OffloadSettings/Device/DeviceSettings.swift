package import OffloadDomain

/// The settings of this device: command line, then environment, then the `.env` of the current folder, then the `.env`
/// of the data folder, then defaults.
package struct DeviceSettings: Sendable, Equatable {
    package let enabled: Bool
    /// How long a pairing code can be used.
    package let pairingExpiry: Duration
    /// How often a target asks its sources for work.
    package let syncInterval: Duration
    package let lanOnly: Bool
    /// How long a device may be silent about a task before it counts as unreachable.
    package let lease: Duration
    /// How long an unreachable device keeps its tasks.
    package let unreachableGrace: Duration
    /// Whether tasks from other devices start by themselves.
    package let autoAssign: Bool
    /// 0 means any free port.
    package let port: Int
    /// 0 means any free port.
    package let peerPort: Int
    /// Absolute, without a slash at its end. It need not exist yet.
    package let dataFolder: String
    package let deviceName: String
    package let slots: Int
    package let agent: String
    /// nil means that a key is to be made at random.
    package let bridgeKey: SecretText?
    package let largestStreamCount: Int
    /// One of the level names of swift-log.
    package let logLevel: String

    /// Every setting for people to see, in a fixed order.
    package let entries: [SettingEntry]
    /// What was found strange and did not stop the start, one line each.
    package let warnings: [String]

    /// Gathers the settings. Reads up to two small files and blocks meanwhile.
    ///
    /// - Parameters:
    ///   - flags: what the command line said, by the names of the settings (`OFFLOAD_PORT`, …).
    ///   - environment: the environment of the process.
    ///   - currentFolder: where the program was started.
    ///   - machine: what the defaults take from the machine.
    /// - Throws: `OffloadError` of kind `invalidRequest` for a value or a `.env` file that cannot be taken, naming the
    ///   setting, the value (unless secret), where it came from and what is allowed.
    package static func load(
        flags: [String: String], environment: [String: String], currentFolder: String, machine: Machine = .current()
    ) throws(OffloadError) -> DeviceSettings {
        let table = DeviceSettingTable(machine: machine, environment: environment)
        var warnings: [String] = []
        var layers = [
            SettingsLayer(name: "command line", values: flags),
            SettingsLayer(name: "environment", values: environment),
        ]
        let currentFile = FilePath.join(currentFolder, ".env")
        layers.append(try SettingsLayer(dotEnvFile: currentFile, warnings: &warnings))

        // Only the layers so far can say where the data folder is, and with it the last file.
        var preliminary = LayeredSettings(layers, over: table)
        let dataFolder = try preliminary.take(table.dataFolder)
        let dataFile = FilePath.join(dataFolder, ".env")
        if dataFile != currentFile {
            let layer = try SettingsLayer(dotEnvFile: dataFile, warnings: &warnings)
            try refuseAnotherDataFolder(in: layer, than: dataFolder, table: table)
            layers.append(layer)
        }

        let knownNames = table.all.map(\.name) + DeviceSettingTable.ignoredNames
        for layer in layers { warnings += layer.warnings(knownNames: knownNames) }
        return try DeviceSettings(LayeredSettings(layers, over: table), table: table, warnings: warnings)
    }

    private init(
        _ layered: LayeredSettings, table: DeviceSettingTable, warnings: [String]
    ) throws(OffloadError) {
        var layered = layered
        enabled = try layered.take(table.enabled)
        pairingExpiry = try layered.take(table.pairingExpiry)
        syncInterval = try layered.take(table.syncInterval)
        lanOnly = try layered.take(table.lanOnly)
        lease = try layered.take(table.lease)
        unreachableGrace = try layered.take(table.unreachableGrace)
        autoAssign = try layered.take(table.autoAssign)
        port = try layered.take(table.port)
        peerPort = try layered.take(table.peerPort)
        dataFolder = try layered.take(table.dataFolder)
        deviceName = try layered.take(table.deviceName)
        slots = try layered.take(table.slots)
        agent = try layered.take(table.agent)
        bridgeKey = try layered.take(table.bridgeKey)
        largestStreamCount = try layered.take(table.largestStreamCount)
        logLevel = try layered.take(table.logLevel)
        entries = layered.entries
        self.warnings = warnings
    }

    /// A folder that sends its reader to another one would leave open which of the two is meant.
    private static func refuseAnotherDataFolder(
        in layer: SettingsLayer, than dataFolder: String, table: DeviceSettingTable
    ) throws(OffloadError) {
        let name = table.dataFolder.name
        guard let item = layer.items[name], table.dataFolder.read(item.text) != dataFolder else { return }
        throw .invalid(
            name,
            "\(ShownText.quoted(item.text)) (\(item.origin)) is not allowed; "
                + "the data folder's own .env cannot move the data folder, which is \(dataFolder)")
    }
}
