package import OffloadDomain

/// The grammar of `.env` files.
///
///     # a comment on a line of its own
///     NAME=value                # a comment after white space
///     export NAME=value
///     NAME='taken literally, also over several lines'
///     NAME="with \n \t \" \\ \$"
///     NAME=
///
/// Nothing is expanded: `$HOME` stays as it is written, and so does a backslash in front of any other character.
package enum DotEnv {
    /// The largest file that is read, in bytes.
    package static let largestSize = 64 * 1024

    package struct Entry: Sendable, Equatable {
        package let name: String
        package let value: String
        /// The line on which the entry begins, from 1.
        package let line: Int

        package init(name: String, value: String, line: Int) {
            self.name = name
            self.value = value
            self.line = line
        }
    }

    /// Reads the bytes of a file.
    /// - Parameter file: what messages call the file.
    /// - Throws: `OffloadError` of kind `invalidRequest` naming the file and, where there is one, the line.
    package static func parse(_ bytes: [UInt8], file: String) throws(OffloadError) -> [Entry] {
        guard bytes.count <= largestSize else { throw tooLarge(file) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw OffloadError(.invalidRequest, "\(file): not UTF-8 text")
        }
        return try parse(text, file: file)
    }

    /// Reads the text of a file: every entry in the order of the file. Where a name comes twice, the later one counts.
    /// - Parameter file: what messages call the file.
    /// - Throws: `OffloadError` of kind `invalidRequest` naming the file and, where there is one, the line.
    package static func parse(_ text: String, file: String) throws(OffloadError) -> [Entry] {
        guard text.utf8.count <= largestSize else { throw tooLarge(file) }
        var scanner = DotEnvScanner(text)
        do throws(DotEnvScanner.Problem) {
            return try scanner.entries()
        } catch {
            throw OffloadError(.invalidRequest, "\(file) line \(error.line): \(error.message)")
        }
    }

    static func tooLarge(_ file: String) -> OffloadError {
        OffloadError(.invalidRequest, "\(file): larger than \(largestSize / 1024) KiB")
    }
}
