import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct BundleHeaderTests {
    private static let (one, two) = (String(repeating: "1", count: 40), String(repeating: "2", count: 40))

    @Test func isReadUpToThePack() throws {
        let text = "# v2 git bundle\n-\(Self.one) An older one\n\(Self.two) refs/offload-bases/\(Self.two)\n\nPACK"
        let header = try #require(try BundleHeader(Array(text.utf8)))
        #expect(header.prerequisites.map(\.hex) == [Self.one])
        #expect(header.references.map(\.name) == ["refs/offload-bases/\(Self.two)"])
        #expect(String(decoding: Array(text.utf8)[header.length...], as: UTF8.self) == "PACK")
        for end in 0..<header.length - 1 {
            #expect(try BundleHeader(Array(text.utf8.prefix(end))) == nil, "\(end) bytes are not the whole header")
        }
    }

    @Test(arguments: [
        "# v9 git bundle\n", "#!/bin/sh\n", "\n\n", "# v2 git bundle\n@filter=blob:none\n", "# v2 git bundle\n-x\n",
        "# v2 git bundle\nrefs/heads/main\n", "# v3 git bundle\n@object-format=md5\n",
    ])
    func everythingElseIsRefused(_ text: String) {
        #expect(throws: OffloadError.self) { try BundleHeader(Array(text.utf8)) }
    }

    @Test func hasABound() {
        let endless = Array("# v2 git bundle\n".utf8) + [UInt8](repeating: 0x61, count: BundleHeader.limit)
        #expect(throws: OffloadError.self) { try BundleHeader(endless) }
    }
}
