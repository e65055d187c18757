internal import Crypto
internal import SwiftASN1
internal import X509

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The certificate that a device gives itself. Nobody vouches for it: peers know it by its fingerprint.
enum DeviceCertificate {
    static let commonName = "Offload device"
    /// Never looked up; some libraries refuse a certificate without a name.
    static let hostName = "offload.invalid"

    // The peers trust the fingerprint and not a date, and a laptop may believe in any date.
    private static let firstSecond = Date(timeIntervalSince1970: 0)
    /// 9999-12-31 23:59:59, which RFC 5280 gives to certificates without an end.
    private static let lastSecond = Date(timeIntervalSince1970: 253_402_300_799)

    /// A new certificate for a key, as DER.
    static func make(for key: P256.Signing.PrivateKey) throws -> [UInt8] {
        let name = try DistinguishedName { CommonName(commonName) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: firstSecond, notValidAfter: lastSecond, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([.dnsName(hostName)])
            },
            issuerPrivateKey: .init(key))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    /// Whether this is a certificate for this key that the key signed: one other bit in it, and it is not.
    static func isWhole(_ der: [UInt8], for key: P256.Signing.PrivateKey) -> Bool {
        guard let certificate = try? Certificate(derEncoded: der) else { return false }
        return certificate.publicKey == .init(key.publicKey)
            && certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }
}
