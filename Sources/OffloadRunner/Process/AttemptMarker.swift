package import OffloadDomain

/// The environment variable that every process of an attempt inherits, by which it is found again when it has left the
/// process group, the session and even the device that started it.
package struct AttemptMarker: Sendable, Hashable, CustomStringConvertible {
    package static let variable = "OFFLOAD_ATTEMPT_MARKER"

    /// `<device instance>:<task>/<attempt>`
    package let value: String

    /// - Parameter instance: stands for the data folder, so that two devices on one machine never end each other's
    ///   agents.
    package init(instance: String, attempt: AttemptKey) {
        value = Self.prefix(of: instance) + attempt.description
    }

    package var description: String { value }

    /// How every marker of one device instance begins.
    static func prefix(of instance: String) -> String { instance + ":" }

    var environmentVariable: EnvironmentVariable { EnvironmentVariable(Self.variable, value) }
}
