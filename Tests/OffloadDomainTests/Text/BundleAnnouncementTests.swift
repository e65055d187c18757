import OffloadDomain
import Testing

@Suite struct BundleAnnouncementTests {
    @Test func isReadOnceItIsWhole() throws {
        let line = Array(BundleAnnouncement.line(size: 1_234).utf8)
        for end in 0..<line.count { #expect(try BundleAnnouncement(Array(line.prefix(end))) == nil) }
        let read = try #require(try BundleAnnouncement(line + [1, 2, 3]))
        #expect(read.size == 1_234 && read.length == line.count)
    }

    @Test(arguments: ["# v2 git bundle\n", "offload-bundle 0\n", "offload-bundle -1\n", "offload-bundle x\n", "\n"])
    func everythingElseIsRefused(_ text: String) {
        #expect(throws: OffloadError.self) { try BundleAnnouncement(Array(text.utf8)) }
    }

    @Test func isShort() {
        #expect(throws: OffloadError.self) { try BundleAnnouncement([UInt8](repeating: 0x61, count: 64)) }
    }
}
