#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The formats that data can be printed in.
enum OutputFormat {
    case text
    case json
}

/// Prints a value in the wanted format: one place, so that every command has every format.
struct Rendering {
    let format: OutputFormat
    let terminal: Terminal

    func show(_ value: some Encodable, text: (Terminal) -> String) throws {
        switch format {
        case .text:
            terminal.write(text(terminal))
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            terminal.write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
        }
    }
}
