import Hummingbird
import NIOCore
import OffloadCrypto

/// A file of the page as it is in the program. The list of them is made from `web/` by `scripts/embed-page`.
package struct PageFile: Sendable {
    /// Below `/zen`, without a slash at its beginning: `scripts/start.js`.
    package let name: String
    package let text: String

    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    /// Where browsers ask for it; the page itself has no name of its own there.
    package var path: String { name == Self.start ? "/zen" : "/zen/\(name)" }

    static let start = "index.html"

    /// Only what browsers run or show as what it is; there are no other kinds in `web/`.
    var contentType: String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "webmanifest": "application/manifest+json"
        default: "application/octet-stream"
        }
    }
}

/// Where the page's files come from.
package enum PageSource: Sendable {
    /// The program itself.
    case program
    /// A folder, read anew with each request: for work on the page.
    case folder(String)

    func bytes(of file: PageFile) -> [UInt8] {
        switch self {
        case .program: Array(file.text.utf8)
        case .folder(let folder):
            // Only names that the program knows are ever looked for.
            ReadPageFile.bytes(at: "\(folder)/\(file.name)") ?? Array(file.text.utf8)
        }
    }
}
