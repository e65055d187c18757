@testable import OffloadCrypto

/// `G_Coffee25519` of testvectors.json of draft-irtf-cfrg-cpace-21: CPACE-RISTR255-SHA512, initiator-responder mode.
enum CPaceVector {
    static let password = bytes("50617373776f7264")
    static let channel = bytes("0b415f696e69746961746f720b425f726573706f6e646572")
    static let session = bytes("7e4b4791d6a8ef019b936c79fb7f2c57")
    static let generator = bytes("222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56")
    static let initiatorScalar = bytes("da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08")
    static let initiatorAssociated = bytes("414461")
    static let initiatorShare = bytes("d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157")
    static let responderScalar = bytes("d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d")
    static let responderAssociated = bytes("414462")
    static let responderShare = bytes("3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258")
    static let shared = bytes("80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f")
    static let intermediateKey = bytes(
        "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd"
            + "2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447")
    static let sessionOutput = bytes(
        "bb1c449b35f0ea79a65c209f329a693d475e0ce2387bed9fe4b78f60b2a27c21"
            + "9813fb2cfe175ef40d2222d9261e66da7d78f7c55a303b1b8611dcdfab880c47")

    // `G_Coffee25519_points`.
    static let pointScalar = bytes("7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05")
    static let point = bytes("2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c")
    static let pointProduct = bytes("7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e")
    static let notAnElement = bytes("2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c")
    static let identity = bytes("0000000000000000000000000000000000000000000000000000000000000000")

    static func scalar(_ bytes: [UInt8]) throws -> WipedBytes {
        try WipedBytes(count: bytes.count) { memory in
            for (place, byte) in bytes.enumerated() { memory[place] = byte }
        }
    }

    static func initiator() throws -> CPace {
        try CPace(
            role: .initiator, password: password, channel: channel, session: session, associated: initiatorAssociated,
            scalar: scalar(initiatorScalar))
    }

    static func responder() throws -> CPace {
        try CPace(
            role: .responder, password: password, channel: channel, session: session, associated: responderAssociated,
            scalar: scalar(responderScalar))
    }

    private static func bytes(_ hex: String) -> [UInt8] { Hex.bytes(hex) ?? [] }
}
