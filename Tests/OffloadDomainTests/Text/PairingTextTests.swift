import OffloadDomain
import Testing

@Suite struct PairingTextTests {
    @Test(arguments: [
        "847291", " 847 291 ", "847-291", "8 4 7 2 9 1", "８４７２９１", "847\u{2013}291", "847\u{A0}291", "847\u{3000}２９１",
    ])
    func codesAreUnderstood(_ text: String) throws {
        #expect(try PairingCode(parsing: text).digits == "847291")
    }

    @Test func leadingZerosStay() throws { #expect(try PairingCode(parsing: "000042").digits == "000042") }

    @Test(arguments: [
        "", "84729", "8472911", "84729a", "847291\n", "847.291", "٨٤٧٢٩١", "847291\0",
        String(repeating: "1", count: 9_999),
    ])
    func everythingElseIsRefused(_ text: String) {
        let error = #expect(throws: OffloadError.self) { try PairingCode(parsing: text) }
        #expect(error?.kind == .invalidRequest)
    }

    @Test func aCodeIsNotPrinted() throws {
        #expect("\(try PairingCode(parsing: "847291"))" == "(code)")
        #expect("\(PairKey("abc"))\(String(reflecting: PairKey("abc")))" == "(secret)(secret)")
    }

    @Test(arguments: [
        ("192.168.1.20", "192.168.1.20:4748"), ("192.168.1.20:5000", "192.168.1.20:5000"),
        ("pc.local:1", "pc.local:1"), ("https://pc:4748/", "pc:4748"), ("[fe80::1]", "[fe80::1]:4748"),
        ("[fe80::1]:99", "[fe80::1]:99"), ("fe80::1", "[fe80::1]:4748"), ("::ffff:10.0.0.1", "[::ffff:10.0.0.1]:4748"),
        (" a_b ", "a_b:4748"),
    ])
    func addressesAreUnderstood(_ text: String, _ expected: String) throws {
        let address = try PeerAddress(parsing: text)
        #expect(address.description == expected)
        #expect(try PeerAddress(parsing: address.description) == address)
    }

    @Test(arguments: [
        "", ":4748", "pc:", "pc:0", "pc:65536", "pc:4748x", "user@pc", "pc/path", "pc?x", "pc#x", "[::1", "[::1]x",
        "[]",
        "-pc", "p c", "p\nc", "[pc]:1:2", "ü", "pc%2e", String(repeating: "a", count: 254),
    ])
    func otherAddressesAreRefused(_ text: String) {
        let error = #expect(throws: OffloadError.self) { try PeerAddress(parsing: text) }
        #expect(error?.kind == .invalidRequest)
    }

    @Test(arguments: [
        ([127, 0, 0, 1], true), ([10, 255, 0, 1], true), ([172, 15, 0, 1], false), ([172, 16, 0, 1], true),
        ([172, 31, 255, 255], true), ([172, 32, 0, 1], false), ([192, 168, 3, 4], true), ([192, 169, 3, 4], false),
        ([169, 254, 9, 9], true), ([8, 8, 8, 8], false), ([100, 64, 0, 1], false), ([0, 0, 0, 0], false),
    ])
    func localNetworksOfTheOldKind(_ bytes: [UInt8], _ isLocal: Bool) {
        #expect(LocalNetwork.contains(v4: bytes) == isLocal)
        #expect(LocalNetwork.contains(v6: Array(repeating: 0, count: 10) + [0xFF, 0xFF] + bytes) == isLocal)
    }

    @Test func localNetworksOfTheNewKind() {
        func address(_ head: [UInt8], _ last: UInt8 = 1) -> [UInt8] {
            head + Array(repeating: 0, count: 15 - head.count) + [last]
        }
        for local in [
            address([]), address([0xFE, 0x80]), address([0xFE, 0xBF]), address([0xFC]), address([0xFD, 9]),
        ] {
            #expect(LocalNetwork.contains(v6: local))
        }
        for foreign in [
            address([], 0), address([], 2), address([0x20, 1]), address([0xFE, 0xC0]), address([0xFE, 0x7F]),
        ] {
            #expect(!LocalNetwork.contains(v6: foreign))
        }
        #expect(!LocalNetwork.contains(v4: []) && !LocalNetwork.contains(v6: [1]))
    }

    @Test func theAddressThatWorkedComesFirst() {
        var pair = JoinedPair(
            id: PairID(unchecked: "x-1"), sourceDeviceID: DeviceID(unchecked: "d-1"), sourceName: "", sourceProject: "",
            projectID: ProjectID(unchecked: "p-1"), fingerprint: "", key: PairKey(""), addresses: [],
            createdAt: Timestamp(milliseconds: 0))
        for number in 1...12 { pair.prefer(PeerAddress(host: "h", port: number)) }
        pair.prefer(PeerAddress(host: "h", port: 7))
        #expect(pair.addresses.map(\.port) == [7, 12, 11, 10, 9, 8, 6, 5])
    }
}
