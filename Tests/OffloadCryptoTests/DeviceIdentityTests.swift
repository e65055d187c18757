import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import OffloadCrypto

@Suite struct DeviceIdentityTests {
    /// A folder that goes away with the test.
    final class Folder: Sendable {
        let path: String
        var file: String { "\(path)/identity.pem" }

        init() throws {
            path = NSTemporaryDirectory() + "offload-identity-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }
        func text() throws -> String { try String(contentsOfFile: file, encoding: .utf8) }

        /// Puts a file there that only its owner may read.
        func write(_ text: String, mode: Int = 0o600) throws {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            try setMode(mode)
        }

        func mode() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        }

        func setMode(_ mode: Int) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        }
    }

    private static func expectSame(_ left: DeviceIdentity, _ right: DeviceIdentity) {
        #expect(left.certificate == right.certificate)
        #expect(left.privateKeyPEM.reveal == right.privateKeyPEM.reveal)
        #expect(left.fingerprint == right.fingerprint)
        #expect(left.deviceID == right.deviceID)
    }

    @Test func isMadeOnceAndReadBack() throws {
        let folder = try Folder()
        let made = try DeviceIdentity.establish(folder: folder.path)
        #expect(try folder.mode() == 0o600)
        #expect(try folder.names() == ["identity.pem"])
        let text = try folder.text()
        #expect(text == made.privateKeyPEM.reveal + made.certificatePEM)
        Self.expectSame(try DeviceIdentity.establish(folder: folder.path), made)
        #expect(try folder.text() == text)
    }

    @Test func twoDevicesDiffer() throws {
        let folders = try [Folder(), Folder()]
        let identities = try folders.map { try DeviceIdentity.establish(folder: $0.path) }
        #expect(identities[0].fingerprint != identities[1].fingerprint)
        #expect(identities[0].privateKeyPEM.reveal != identities[1].privateKeyPEM.reveal)
        let serials = try identities.map { try Certificate(derEncoded: $0.certificate).serialNumber }
        #expect(serials[0] != serials[1])
    }

    @Test func manyThatBeginAtOnceEndWithOneIdentity() async throws {
        for _ in 0..<10 {
            let folder = try Folder()
            let path = folder.path
            let identities = try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { try DeviceIdentity.establish(folder: path) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(identities.count == 8)
            #expect(Set(identities.map(\.fingerprint)).count == 1)
            #expect(Set(identities.map(\.privateKeyPEM.reveal)).count == 1)
            #expect(try folder.names() == ["identity.pem"])
        }
    }

    /// The moment that the test above may miss: the other process is first after we have found no file.
    @Test func whoComesSecondReplacesNothing() throws {
        let folder = try Folder()
        let file = IdentityFile(folder: folder.path)
        #expect(try file.read() == nil)
        try file.place("first")
        try file.place("second")
        #expect(try file.read() == "first")
        #expect(try folder.names() == ["identity.pem"])
    }

    @Test func theCertificateIsWhatPeersExpect() throws {
        let folder = try Folder()
        let identity = try DeviceIdentity.establish(folder: folder.path)
        let certificate = try Certificate(derEncoded: identity.certificate)
        #expect(try Certificate(pemEncoded: identity.certificatePEM) == certificate)
        #expect(identity.fingerprint == Fingerprint(certificate: identity.certificate))
        #expect(certificate.version == .v3)
        #expect(certificate.notValidBefore == Date(timeIntervalSince1970: 0))
        #expect(certificate.notValidAfter == ISO8601DateFormatter().date(from: "9999-12-31T23:59:59Z"))
        #expect("\(certificate.subject)" == "CN=Offload device")
        #expect(certificate.issuer == certificate.subject)
        #expect(certificate.serialNumber.bytes.count >= 8)
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
        let names = try #require(try certificate.extensions.subjectAlternativeNames)
        #expect(Array(names) == [.dnsName("offload.invalid")])
        #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        let key = try P256.Signing.PrivateKey(pemRepresentation: identity.privateKeyPEM.reveal)
        #expect(certificate.publicKey == .init(key.publicKey))
        #expect(identity.privateKeyPEM.reveal.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    }

    @Test func theDeviceIsNamedByItsFingerprint() throws {
        let folder = try Folder()
        let identity = try DeviceIdentity.establish(folder: folder.path)
        let digits = identity.deviceID.dropFirst(2)
        #expect(identity.deviceID.hasPrefix("d-"))
        #expect(digits.count == 16)
        #expect(digits.allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".contains($0) })
        #expect(String(digits) == CrockfordBase32.text(identity.fingerprint.bytes[0..<10]))
    }

    @Test func theKeyIsNotPrinted() throws {
        let folder = try Folder()
        let identity = try DeviceIdentity.establish(folder: folder.path)
        var dumped = ""
        dump(identity, to: &dumped)
        let line = try #require(identity.privateKeyPEM.reveal.split(separator: "\n").dropFirst().first)
        #expect(!dumped.contains(line) && !"\(identity)".contains(line))
        #expect(try folder.text().contains(line), "the file has it")
    }

    // MARK: - Files that are no identity

    private func expect(_ expected: (String) -> IdentityFailure, leaving folder: Folder) throws {
        let before = try Data(contentsOf: URL(filePath: folder.file))
        let mode = try folder.mode()
        #expect(throws: expected(folder.file)) { try DeviceIdentity.establish(folder: folder.path) }
        #expect(try Data(contentsOf: URL(filePath: folder.file)) == before, "the file was changed")
        #expect(try folder.mode() == mode)
        #expect(try folder.names() == ["identity.pem"])
    }

    @Test func aDamagedFileIsRefusedAndLeftAsItIs() throws {
        let folder = try Folder()
        let identity = try DeviceIdentity.establish(folder: folder.path)
        let whole = try folder.text()
        let (key, certificate) = (identity.privateKeyPEM.reveal, identity.certificatePEM)
        let elsewhere = try Folder()
        let stranger = try DeviceIdentity.establish(folder: elsewhere.path)
        let damaged = [
            "", "\n", "nonsense", String(whole.prefix(whole.count / 2)), String(whole.dropLast(40)), key, certificate,
            certificate + key, key + key, key + stranger.certificatePEM, stranger.privateKeyPEM.reveal + certificate,
            whole + certificate, whole + String(repeating: "#", count: 20_000),
        ]
        for text in damaged {
            try folder.write(text)
            try expect({ .damaged(path: $0) }, leaving: folder)
        }
        // Control: the whole one is taken again.
        try folder.write(whole)
        Self.expectSame(try DeviceIdentity.establish(folder: folder.path), identity)
    }

    /// One other bit would be another fingerprint, which every peer refuses: better to say so here.
    @Test func oneOtherBitInTheCertificateIsDamage() throws {
        let folder = try Folder()
        let identity = try DeviceIdentity.establish(folder: folder.path)
        for bit in stride(from: 0, to: identity.certificate.count * 8, by: 37) {
            let bytes = CPaceTests.flipped(identity.certificate, bit)
            let certificate = PEMDocument(type: "CERTIFICATE", derBytes: bytes).pemString
            try folder.write(identity.privateKeyPEM.reveal + certificate + "\n")
            #expect(throws: IdentityFailure.damaged(path: folder.file), "bit \(bit)") {
                try DeviceIdentity.establish(folder: folder.path)
            }
        }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o660, 0o644, 0o777])
    func aFileThatIsOpenToOthersIsRefused(_ mode: Int) throws {
        let folder = try Folder()
        let identity = try DeviceIdentity.establish(folder: folder.path)
        try folder.setMode(mode)
        try expect({ .openToOthers(path: $0) }, leaving: folder)
        #expect(IdentityFailure.openToOthers(path: folder.file).description.contains("chmod 600"))
        // Control: closed again, it is taken.
        try folder.setMode(0o400)
        Self.expectSame(try DeviceIdentity.establish(folder: folder.path), identity)
    }

    @Test func somethingElseInThePlaceOfTheFileIsRefused() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(
            atPath: folder.file, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        #expect(throws: IdentityFailure.damaged(path: folder.file)) {
            try DeviceIdentity.establish(folder: folder.path)
        }
        try FileManager.default.removeItem(atPath: folder.file)
        // Nobody writes into it: whoever waited would wait for ever.
        #expect(mkfifo(folder.file, 0o600) == 0)
        #expect(throws: IdentityFailure.damaged(path: folder.file)) {
            try DeviceIdentity.establish(folder: folder.path)
        }
    }

    /// A link to nowhere is no missing file: making one behind it would put the key where nobody expects it.
    @Test func aLinkToNowhereIsNotFollowed() throws {
        let folder = try Folder()
        let elsewhere = try Folder()
        try FileManager.default.createSymbolicLink(atPath: folder.file, withDestinationPath: elsewhere.file)
        #expect(throws: IdentityFailure.self) { try DeviceIdentity.establish(folder: folder.path) }
        #expect(try elsewhere.names() == [])
        #expect(try folder.names() == ["identity.pem"])
    }

    @Test func aFolderThatIsNotThereIsTold() throws {
        let folder = try Folder()
        let missing = folder.path + "/missing"
        let failure = #expect(throws: IdentityFailure.self) { try DeviceIdentity.establish(folder: missing) }
        guard case .cannotBeMade(let path, let reason) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(path == "\(missing)/identity.pem")
        #expect(reason == "No such file or directory")
        #expect(try folder.names() == [])
    }
}
