import Foundation
import HTTPTypes
import OffloadServer
import Testing

/// The page in the program is the one in `web/`.
@Suite("The page's files")
struct PageFilesTests {
    private var folder: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "web")
    }

    @Test("The program has the files of web/, byte for byte; scripts/embed-page puts them there")
    func programHasTheFiles() throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter {
                !((try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: $0).path)) != nil)
            }
        #expect(names.sorted() == PageFile.all.map(\.name).sorted())
        for file in PageFile.all {
            #expect(try Data(contentsOf: folder.appending(path: file.name)) == Data(file.text.utf8), "\(file.name)")
        }
    }

    @Test("Nothing in the files makes markup from text, runs text, or asks another host for anything")
    func noSinks() throws {
        let sinks = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "createContextualFragment",
            "srcdoc",
            "eval(", "new Function", "setAttribute('on", "localStorage", "document.cookie", "https://", "//cdn",
        ]
        for file in PageFile.all {
            for sink in sinks { #expect(!file.text.contains(sink), "\(file.name) has \(sink)") }
        }
    }

    @Test("Each file has an address of its own, and no other is served")
    func routes() {
        let paths = ControlServer.pages.map(\.path)
        #expect(Set(paths).count == paths.count)
        #expect(paths.sorted() == (["/"] + PageFile.all.map(\.path)).sorted())
        #expect(ControlServer.pages.allSatisfy { $0.access == .open && $0.method == .get })
    }
}
