import OffloadCrypto
import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct FolderListingTests {
    private static func listing(_ paths: [String], kind: String = "file", size: Int64 = 1) -> FolderListing {
        FolderListing(
            entries: paths.map {
                FolderListing.Entry(path: $0, kind: kind, sha256: ContentDigest.hex(of: $0.utf8), size: size)
            })
    }

    @Test func anOrdinaryProjectIsFine() throws {
        let listing = Self.listing(["a", "b/c", "b/d.txt", "e f/ü"])
        #expect(try FolderListing(listing.encoded()) == listing)
        #expect(try listing.checked().map(\.path.text) == ["a", "b/c", "b/d.txt", "e f/ü"])
    }

    @Test(arguments: [
        ["/etc/passwd"], ["../x"], ["a/../../x"], ["a//b"], [".git/config"], ["a/.GIT/hooks/pre-commit"], ["a\\b"],
        ["c:x"], ["aux.txt"], ["a\u{0}b"], [".claude/requirements/x.md"], ["a", "a"], ["a", "a/b"], ["A", "a"], [""],
        [StagingName.make() + "/0"],
    ])
    func whatCantBeAProjectIsRefusedInWords(_ paths: [String]) throws {
        let error = #expect(throws: OffloadError.self) { try Self.listing(paths).checked() }
        #expect(error?.kind == .unprocessable)
        #expect(error?.message.contains("can't be done on another device") == true)
    }

    @Test func limitsHold() throws {
        #expect(throws: OffloadError.self) { try Self.listing(["a"], size: FolderLimits.file + 1).checked() }
        #expect(throws: OffloadError.self) { try Self.listing(["a"], size: -1).checked() }
        #expect(throws: OffloadError.self) { try Self.listing(["a"], kind: "device").checked() }
        let names = (0..<17).map { "f\($0)" }
        let error = #expect(throws: OffloadError.self) { try Self.listing(names, size: FolderLimits.file).checked() }
        #expect(error?.kind == .tooLarge)
        #expect(throws: OffloadError.self) { try FolderListing(Array("[]".utf8)) }
    }
}
