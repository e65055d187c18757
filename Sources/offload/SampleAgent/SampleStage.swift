#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Performs steps in the current folder and tells of each as Claude Code would.
struct SampleStage {
    private var turns = 0
    private var changed: [String] = []

    func begin() {
        emit(["type": "system", "subtype": "init", "session_id": "sample", "model": "sample", "cwd": "."])
    }

    /// - Returns: false when the run is over.
    mutating func perform(_ step: SampleScript.Step) -> Bool {
        turns += 1
        switch step {
        case .say(let text):
            emit(.assistant(["type": "text", "text": .text(text)]))
            return true
        case .append(let path, let text):
            return edit(path, tool: "Edit") { ($0 ?? "") + text + "\n" }
        case .write(let path, let text):
            return edit(path, tool: "Write") { _ in text + "\n" }
        case .replace(let path, let old, let new):
            return edit(path, tool: "Edit") { content in
                guard let content, content.contains(old) else { return nil }
                return content.replacing(old, with: new, maxReplacements: 1)
            }
        case .wait(let seconds):
            usleep(UInt32(min(max(seconds, 0), 3_600) * 1_000_000))
            return true
        case .fail(let words):
            end(failure: words)
            return false
        case .hang:
            emit(.assistant(["type": "text", "text": "Thinking about it for a long time."]))
            while true { pause() }
        }
    }

    private mutating func edit(_ path: String, tool: String, _ change: (String?) -> String?) -> Bool {
        emit(
            .assistant([
                "type": "tool_use", "id": .text("step-\(turns)"), "name": .text(tool),
                "input": ["file_path": .text(path)],
            ]))
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            end(failure: "\(path) lies outside the workspace")
            return false
        }
        let old = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        guard let new = change(old) else {
            end(failure: "\(path) does not hold the text to be replaced")
            return false
        }
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        if !folder.isEmpty {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        do {
            try Data(new.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            end(failure: "\(path) cannot be written: \(error)")
            return false
        }
        changed.append(path)
        return true
    }

    func end(failure: String?) {
        let summary = changed.isEmpty ? "Nothing to change." : "Changed \(changed.joined(separator: ", "))."
        emit([
            "type": "result", "subtype": "success", "is_error": .boolean(failure != nil),
            "result": .text(failure ?? summary), "session_id": "sample", "num_turns": .number(turns),
            "total_cost_usd": .number(0),
            "usage": ["input_tokens": .number(turns * 100), "output_tokens": .number(turns * 20)],
            "permission_denials": .list([]),
        ])
    }

    private func emit(_ line: SampleJSON) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(line) else { return }
        Terminal.write(Array(data) + [UInt8(ascii: "\n")], to: 1)
    }
}

/// Just enough JSON to say something.
enum SampleJSON: Encodable, ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
    case text(String)
    case number(Int)
    case boolean(Bool)
    case list([SampleJSON])
    case object([String: SampleJSON])

    init(stringLiteral value: String) { self = .text(value) }

    init(dictionaryLiteral elements: (String, SampleJSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }

    static func assistant(_ content: SampleJSON) -> SampleJSON {
        ["type": "assistant", "message": .object(["content": .list([content])])]
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
