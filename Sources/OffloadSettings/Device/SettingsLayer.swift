import OffloadDomain

/// One place that settings come from, and what it says.
struct SettingsLayer: Sendable {
    struct Item: Sendable {
        let text: String
        /// Where exactly it stands, such as `/home/ada/.env line 3`.
        let origin: String
    }

    let name: String
    private(set) var items: [String: Item] = [:]

    init(name: String) { self.name = name }

    /// A layer that knows nothing finer about its values than its own name.
    init(name: String, values: [String: String]) {
        self.name = name
        items = values.mapValues { Item(text: $0, origin: name) }
    }

    /// The layer of a `.env` file; empty where there is none.
    ///
    /// Something else of that name (a folder, say: Python tools like to call theirs so) is left alone with a warning.
    /// - Throws: `OffloadError` of kind `invalidRequest` when the file cannot be read, or names a setting of ours and cannot
    ///   be understood.
    init(dotEnvFile path: String, warnings: inout [String]) throws(OffloadError) {
        self.init(name: path)
        switch SmallFile.read(path, limit: DotEnv.largestSize, followingLinks: true) {
        case .missing: break
        case .notRegular: warnings.append("\(path) is not a file and was not read")
        case .tooLarge: throw DotEnv.tooLarge(path)
        case .link: throw OffloadError(.invalidRequest, "\(path): a symbolic link that leads in circles")
        case .unreadable(let reason): throw OffloadError(.invalidRequest, "\(path): cannot be read: \(reason)")
        case .bytes(let bytes):
            guard Self.speaksOfUs(bytes) else { break }
            for entry in try DotEnv.parse(bytes, file: path) {
                items[entry.name] = Item(text: entry.value, origin: "\(path) line \(entry.line)")
            }
        }
    }

    /// The `.env` of a folder mostly belongs to the program that is developed there. One that names none of our settings is
    /// none of our business, however it is written.
    private static func speaksOfUs(_ bytes: [UInt8]) -> Bool {
        ["OFFLOAD_", "BRIDGE_API_KEY"].contains { name in bytes.contains(Array(name.utf8)) }
    }

    /// Tells of names that look like ours and are not, in the order of their spelling.
    func warnings(knownNames: [String]) -> [String] {
        items.keys.filter { $0.hasPrefix("OFFLOAD_") && !knownNames.contains($0) }.sorted().map { unknown in
            let origin = items[unknown]?.origin ?? name
            let advice = NearestName.of(unknown, among: knownNames).map { "; did you mean \($0)?" } ?? ""
            return "\(unknown) (\(origin)) is not a setting" + advice
        }
    }
}
