/// The definition of one setting. Its default is a text that is read like any other, so that what is documented is what
/// is used.
struct Setting<Value: Sendable>: Sendable {
    let name: String
    let defaultText: String
    let allowed: String
    let explanation: String
    /// The value that a text stands for, or nil when the text is not allowed.
    let read: @Sendable (String) -> Value?
    /// The value in its usual spelling.
    let show: @Sendable (Value) -> String
    var isSecret = false
}

/// What is the same for settings of all types.
protocol NamedSetting {
    var name: String { get }
    var defaultText: String { get }
    var isSecret: Bool { get }
}

extension Setting: NamedSetting {}

extension Setting where Value == Bool {
    static func flag(_ name: String, default value: Bool, _ explanation: String) -> Setting {
        Setting(
            name: name, defaultText: String(value), allowed: "true, false, yes, no, 1, 0, on or off",
            explanation: explanation,
            read: { text in
                switch text.lowercased() {
                case "true", "yes", "1", "on": true
                case "false", "no", "0", "off": false
                default: nil
                }
            },
            show: { String($0) })
    }
}

extension Setting where Value == Int {
    /// - Parameter remark: what a special value means.
    static func number(
        _ name: String, default value: Int, in range: ClosedRange<Int>, remark: String = "", _ explanation: String
    ) -> Setting {
        Setting(
            name: name, defaultText: String(value),
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)" + remark,
            explanation: explanation,
            read: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            show: { String($0) })
    }
}

extension Setting where Value == Duration {
    static func milliseconds(
        _ name: String, default value: Int, in range: ClosedRange<Int>, _ explanation: String
    ) -> Setting {
        let number = Setting<Int>.number(name, default: value, in: range, explanation)
        return Setting(
            name: name, defaultText: number.defaultText, allowed: number.allowed + " (milliseconds)",
            explanation: explanation,
            read: { text in number.read(text).map { .milliseconds($0) } },
            show: { duration in
                let (seconds, attoseconds) = duration.components
                return String(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
            })
    }
}

extension Setting where Value == String {
    static func text(
        _ name: String, default value: String, allowed: String, _ explanation: String,
        read: @escaping @Sendable (String) -> String?
    ) -> Setting {
        Setting(
            name: name, defaultText: value, allowed: allowed, explanation: explanation, read: read, show: { $0 })
    }
}
