package import OffloadDomain

/// The settings that a project brings along: `offload.yml` at its root.
package enum ProjectSettingsFile {
    package static let name = "offload.yml"
    /// The largest file that is read, in bytes.
    package static let largestSize = 256 * 1024

    /// Reads the file of a project; defaults where there is none. Blocks for as long as reading one small file takes.
    ///
    /// The file itself may not be a symbolic link: the text of a foreign file would end up in messages.
    /// - Parameter folder: the project's root.
    /// - Throws: `OffloadError` of kind `unprocessable` naming the file, and the line and key where there are such.
    package static func load(folder: String) throws(OffloadError) -> ProjectSettings {
        let path = FilePath.join(folder, name)
        switch SmallFile.read(path, limit: largestSize, followingLinks: false) {
        case .missing: return .defaults
        case .notRegular: throw problem(path, "must be a regular file")
        case .link: throw problem(path, "must be a regular file, not a symbolic link")
        case .tooLarge: throw tooLarge(path)
        case .unreadable(let reason): throw problem(path, "cannot be read: \(reason)")
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw problem(path, "not UTF-8 text") }
            return try parse(text, file: path)
        }
    }

    /// Reads the text of such a file. An empty text and a key without a value mean the defaults.
    /// - Parameter file: what messages call the file.
    /// - Throws: `OffloadError` of kind `unprocessable` naming the file, and the line and key where there are such.
    package static func parse(_ text: String, file: String = name) throws(OffloadError) -> ProjectSettings {
        guard text.utf8.count <= largestSize else { throw tooLarge(file) }
        do throws(ProjectSettingsProblem) {
            return try settings(YAMLDocument.entries(of: text))
        } catch {
            throw problem(error.line.map { "\(file) line \($0)" } ?? file, error.message)
        }
    }

    private static func settings(_ entries: [YAMLEntry]) throws(ProjectSettingsProblem) -> ProjectSettings {
        let keys = ProjectSettingsKey.all
        var settings = ProjectSettings.defaults
        var lines: [String: Int] = [:]
        for entry in entries {
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                throw unknown(entry, among: keys.map(\.name))
            }
            if let rival = key.rival, lines[rival] != nil {
                throw ProjectSettingsProblem(line: entry.line, "\(key.name): set either this or \(rival), not both")
            }
            guard !entry.value.isNull else { continue }
            lines[key.name] = entry.line
            do throws(YAMLValue.NotAllowed) {
                try key.apply(&settings, entry.value)
            } catch {
                throw ProjectSettingsProblem(
                    line: error.line ?? entry.line,
                    "\(key.name): \(error.shown) is not allowed; allowed: \(error.allowed ?? key.allowed)")
            }
        }
        if settings.agent == ProjectSettingsKey.commandAgent, settings.command.isEmpty {
            throw ProjectSettingsProblem(
                line: lines["agent"], "agent: \"command\" needs the key command, the program and its arguments")
        }
        return settings
    }

    private static func unknown(_ entry: YAMLEntry, among names: [String]) -> ProjectSettingsProblem {
        let meant = NearestName.of(entry.key, among: names).map { "did you mean \($0)? " } ?? ""
        return ProjectSettingsProblem(
            line: entry.line,
            "\(ShownText.quoted(entry.key)) is not a setting; \(meant)allowed: \(names.joined(separator: ", "))")
    }

    private static func tooLarge(_ file: String) -> OffloadError {
        problem(file, "larger than \(largestSize / 1024) KiB")
    }

    private static func problem(_ place: String, _ message: String) -> OffloadError {
        OffloadError(.unprocessable, "\(place): \(message)")
    }
}

/// What is wrong with the file, before it is known what the file is called.
struct ProjectSettingsProblem: Error, Equatable {
    let line: Int?
    let message: String

    init(line: Int?, _ message: String) {
        self.line = line
        self.message = message
    }
}
