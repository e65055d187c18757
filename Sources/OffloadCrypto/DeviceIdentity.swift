internal import Crypto
internal import SwiftASN1

/// What a device is known by to its peers for as long as it has this file: a P-256 key and a certificate it signed
/// itself.
package struct DeviceIdentity: Sendable {
    private static let certificateLabel = "CERTIFICATE"

    /// DER.
    package let certificate: [UInt8]
    /// PKCS #8, PEM.
    package let privateKeyPEM: Secret
    package let fingerprint: Fingerprint

    package var certificatePEM: String {
        PEMDocument(type: Self.certificateLabel, derBytes: certificate).pemString + "\n"
    }

    /// `d-` and 16 digits of Crockford's base 32, for the first ten bytes of the fingerprint.
    package var deviceID: String { "d-" + CrockfordBase32.text(fingerprint.bytes.prefix(10)) }

    /// The identity in `<folder>/identity.pem`, which is made when there is none. The folder must be there. Several
    /// processes that do this at the same time end with the same identity. An identity that is there is never changed.
    /// - Throws: `IdentityFailure`.
    package static func establish(folder: String) throws(IdentityFailure) -> DeviceIdentity {
        let file = IdentityFile(folder: folder)
        if let text = try file.read() { return try DeviceIdentity(text, path: file.path) }
        try file.place(makeText(path: file.path))
        // Not what was just made: another process may have been first.
        guard let text = try file.read() else {
            throw .cannotBeMade(path: file.path, reason: "somebody removed it at once")
        }
        return try DeviceIdentity(text, path: file.path)
    }

    /// - Throws: `damaged`.
    private init(_ text: String, path: String) throws(IdentityFailure) {
        guard let documents = try? PEMDocument.parseMultiple(pemString: text), documents.count == 2,
            documents[1].discriminator == Self.certificateLabel,
            let key = try? P256.Signing.PrivateKey(pemRepresentation: documents[0].pemString),
            DeviceCertificate.isWhole(documents[1].derBytes, for: key)
        else { throw .damaged(path: path) }
        certificate = documents[1].derBytes
        privateKeyPEM = Secret(key.pemRepresentation + "\n")
        fingerprint = Fingerprint(certificate: certificate)
    }

    /// A new key and its certificate, as the file holds them.
    private static func makeText(path: String) throws(IdentityFailure) -> String {
        do {
            let key = P256.Signing.PrivateKey()
            let certificate = PEMDocument(type: certificateLabel, derBytes: try DeviceCertificate.make(for: key))
            return key.pemRepresentation + "\n" + certificate.pemString + "\n"
        } catch {
            throw .cannotBeMade(path: path, reason: "\(error)")
        }
    }
}
