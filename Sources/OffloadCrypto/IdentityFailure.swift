/// Why this device has no identity to show. Nothing was changed.
package enum IdentityFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key, the certificate or the file could not be made.
    case cannotBeMade(path: String, reason: String)
    /// The file is there and the system does not let us read it.
    case cannotBeRead(path: String, reason: String)
    /// The file does not hold one private key and the certificate that belongs to it.
    case damaged(path: String)
    /// Somebody else on this machine may read the private key, or change it.
    case openToOthers(path: String)

    /// A sentence for a person, with what to do where there is something to do.
    package var description: String {
        switch self {
        case .cannotBeMade(let path, let reason): "this device's identity cannot be written to \(path): \(reason)"
        case .cannotBeRead(let path, let reason): "this device's identity cannot be read from \(path): \(reason)"
        case .damaged(let path):
            "this device's identity in \(path) is damaged: put it back from a backup, or move it away to get a new one "
                + "and pair the devices again"
        case .openToOthers(let path):
            "this device's identity in \(path) is open to other users of this machine: run `chmod 600` on it, and if "
                + "somebody may have read it, move it away to get a new one and pair the devices again"
        }
    }
}
