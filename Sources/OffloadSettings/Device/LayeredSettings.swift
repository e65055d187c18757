import Configuration
import OffloadDomain
import Synchronization

/// Settings read from layers, the first layer that has a value winning.
struct LayeredSettings {
    private let layers: [String: SettingsLayer]
    private let reader: ConfigReader
    private let lastAnswer = LastAnswer()
    private(set) var entries: [SettingEntry] = []

    /// - Parameter layers: strongest first; the defaults of `table` stand behind them.
    init(_ layers: [SettingsLayer], over table: DeviceSettingTable) {
        let secretNames = table.all.filter(\.isSecret).map(\.name)
        var defaults: [String: String] = [:]
        for setting in table.all { defaults[setting.name] = setting.defaultText }

        var layersByProvider: [String: SettingsLayer] = [:]
        var providers: [any ConfigProvider] = []
        for layer in layers + [SettingsLayer(name: "default", values: defaults)] {
            var values: [AbsoluteConfigKey: ConfigValue] = [:]
            for (name, item) in layer.items {
                values[AbsoluteConfigKey([name])] = ConfigValue(
                    .string(item.text), isSecret: secretNames.contains(name))
            }
            let provider = InMemoryProvider(name: layer.name, values: values)
            providers.append(provider)
            layersByProvider[provider.providerName] = layer
        }
        self.layers = layersByProvider
        reader = ConfigReader(providers: providers, accessReporter: lastAnswer)
    }

    /// Reads one setting and remembers it among `entries`.
    ///
    /// Only throwing accessors of the library are used: those that take a default answer with it, silently, when a
    /// value is there and cannot be read.
    /// - Throws: `OffloadError` of kind `invalidRequest` naming the setting, its value, where that came from and what
    ///   is allowed.
    mutating func take<Value>(_ setting: Setting<Value>) throws(OffloadError) -> Value {
        let text: String
        do {
            text = try reader.requiredString(forKey: ConfigKey([setting.name]), isSecret: setting.isSecret)
        } catch {
            throw OffloadError(.device, "\(setting.name): \(error)")
        }
        let origin = layers[lastAnswer.providerName]?.items[setting.name]?.origin ?? lastAnswer.providerName
        guard let value = setting.read(text) else {
            let shown = setting.isSecret ? "the value" : ShownText.quoted(text)
            throw .invalid(setting.name, "\(shown) (\(origin)) is not allowed; allowed: \(setting.allowed)")
        }
        entries.append(
            SettingEntry(
                name: setting.name, shownValue: setting.show(value), origin: origin,
                defaultValue: setting.read(setting.defaultText).map(setting.show) ?? setting.defaultText,
                allowed: setting.allowed, explanation: setting.explanation, isSecret: setting.isSecret))
        return value
    }
}

/// Remembers which provider answered last, so that the library alone decides who wins.
private final class LastAnswer: AccessReporter {
    private let name = Mutex("")

    var providerName: String { name.withLock { $0 } }

    func report(_ event: AccessEvent) {
        // Providers are asked in order and no further than the first that answers.
        name.withLock { $0 = event.providerResults.last?.providerName ?? "" }
    }
}
