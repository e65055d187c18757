/// One setting as a person sees it: its value, where that came from, and what it is for.
package struct SettingEntry: Sendable, Equatable {
    package let name: String
    /// The value in its usual spelling; for a secret only whether there is one.
    package let shownValue: String
    /// Where the value came from, such as `environment`, `/home/ada/.env line 3` or `default`.
    package let origin: String
    /// The value that counts when nobody sets one.
    package let defaultValue: String
    /// What may be set.
    package let allowed: String
    /// What the setting does, in one line.
    package let explanation: String
    package let isSecret: Bool
}
