/// Which room may open which door. The one table that the sources and `Package.swift` are held against.
struct FloorPlan: Sendable {
    struct Room: Sendable {
        let name: String
        /// Our rooms that it may import.
        let rooms: [String]
        /// Outside libraries that it may import.
        let libraries: [String]
        /// Whether it may import what comes with the system.
        var mayUseSystem = true
    }

    let rooms: [Room]

    static let offload = FloorPlan(rooms: [
        Room(name: "OffloadDomain", rooms: [], libraries: [], mayUseSystem: false),
        Room(name: "OffloadCrypto", rooms: [], libraries: ["CSodium", "Crypto", "SwiftASN1", "X509"]),
        Room(name: "OffloadWire", rooms: ["OffloadDomain"], libraries: []),
        Room(name: "OffloadSettings", rooms: ["OffloadDomain"], libraries: ["Configuration", "Yams"]),
        Room(name: "OffloadStore", rooms: ["OffloadDomain", "OffloadWire"], libraries: ["GRDB"]),
        Room(
            name: "OffloadRunner", rooms: ["OffloadDomain", "OffloadCrypto"],
            libraries: ["Subprocess", "SystemPackage"]),
        Room(
            name: "OffloadEngine", rooms: ["OffloadDomain"],
            libraries: ["AsyncAlgorithms", "Logging", "ServiceLifecycle"]),
        Room(
            name: "OffloadServer", rooms: ["OffloadDomain", "OffloadCrypto", "OffloadWire", "OffloadEngine"],
            libraries: [
                "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "NIOHTTPTypes", "NIOSSL",
                "ServiceLifecycle",
            ]),
        Room(
            name: "OffloadClient", rooms: ["OffloadDomain", "OffloadCrypto", "OffloadWire"],
            libraries: ["AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL"]),
        Room(
            name: "offload",
            rooms: [
                "OffloadClient", "OffloadCrypto", "OffloadDomain", "OffloadEngine", "OffloadRunner", "OffloadServer",
                "OffloadSettings", "OffloadStore", "OffloadWire",
            ],
            libraries: ["ArgumentParser", "CQREncode", "Logging", "ServiceLifecycle", "UnixSignals"]),
        // Beside the product.
        Room(name: "OffloadTesting", rooms: ["OffloadDomain", "OffloadWire"], libraries: []),
        Room(name: "OffloadSimulator", rooms: ["OffloadDomain", "OffloadTesting"], libraries: []),
    ])

    /// Heavy libraries live in one room each, so that only that room waits for them and could be made anew without them.
    static let owners: [(library: String, room: String)] = [
        ("GRDB", "OffloadStore"), ("Hummingbird", "OffloadServer"), ("HummingbirdCore", "OffloadServer"),
        ("AsyncHTTPClient", "OffloadClient"), ("Subprocess", "OffloadRunner"), ("Configuration", "OffloadSettings"),
        ("Yams", "OffloadSettings"), ("ArgumentParser", "offload"), ("Crypto", "OffloadCrypto"),
        ("CSodium", "OffloadCrypto"),
        ("X509", "OffloadCrypto"), ("CQREncode", "offload"),
    ]

    static let system = [
        "CoreFoundation", "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl",
        "Synchronization", "System",
    ]

    /// What is wrong with the imports of these files, one line each.
    func violations(in files: [SourceFile]) -> [String] {
        files.flatMap { file -> [String] in
            guard let room = rooms.first(where: { $0.name == file.room }) else {
                return ["\(file.path): there is no room \(file.room) in the floor plan"]
            }
            let allowed = room.rooms + room.libraries + (room.mayUseSystem ? Self.system : [])
            return file.imports.filter { !allowed.contains($0) }.map { "\(file.path): \(room.name) imports \($0)" }
        }
    }
}
