import Foundation

/// A project that is nothing but a folder.
struct SampleFolder {
    let path: String

    init(in parent: String) throws {
        path = "\(parent)/plain"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write("offload.yml", "agent: sample\n")
        try write("menu.txt", "rye 4.20\nspelt 4.60\n")
        try write("notes.md", "one\n")
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    func read(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    /// Everything but what the device writes for its agents.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != ".claude" }.sorted()
    }
}
