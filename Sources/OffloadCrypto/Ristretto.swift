internal import CSodium

/// The group ristretto255 of RFC 9496, as far as CPace needs it. An element is its encoding of 32 bytes.
enum Ristretto {
    static let elementSize = 32
    static let scalarSize = 32
    static let hashSize = 64

    /// A uniformly random scalar that is not zero.
    /// - Throws: `libraryUnavailable`.
    static func randomScalar() throws(CPaceFailure) -> WipedBytes {
        try WipedBytes(count: scalarSize) { crypto_core_ristretto255_scalar_random($0) }
    }

    /// The element that 64 uniformly random bytes stand for; nobody knows its logarithm.
    /// - Throws: `libraryUnavailable`.
    static func element(fromHash hash: [UInt8]) throws(CPaceFailure) -> [UInt8] {
        precondition(hash.count == hashSize, "the library reads 64 bytes, whatever it is given")
        var element = [UInt8](repeating: 0, count: elementSize)
        guard Sodium.isReady, crypto_core_ristretto255_from_hash(&element, hash) == 0 else { throw .libraryUnavailable }
        return element
    }

    /// - Throws: `invalidShare` when `element` is not the one encoding of an element or the product is the identity,
    ///   and `libraryUnavailable`.
    static func multiply(_ scalar: borrowing WipedBytes, _ element: [UInt8]) throws(CPaceFailure) -> WipedBytes {
        // The library reads 32 bytes from each, whatever it is given.
        guard scalar.count == scalarSize, element.count == elementSize else { throw .invalidShare }
        var succeeded = false
        let product = try WipedBytes(count: elementSize) { result in
            scalar.withBytes { succeeded = crypto_scalarmult_ristretto255(result, $0, element) == 0 }
        }
        guard succeeded else { throw .invalidShare }
        return product
    }
}
