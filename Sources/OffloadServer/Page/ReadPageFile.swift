#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

enum ReadPageFile {
    static func bytes(at path: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: path))).map { Array($0) }
    }
}
