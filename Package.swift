// swift-tools-version: 6.2

import PackageDescription

/// The floor plan: every target, what it may import of ours, and the outside libraries that live in it.
/// `Tests/OffloadFloorPlanTests` holds the import lines of the sources against the same table.

let package = Package(
    name: "offload",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "offload", targets: ["offload"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(
            name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"]), .brew(["qrencode"])]),

        .target(name: "OffloadDomain"),
        .target(
            name: "OffloadCrypto",
            dependencies: [
                "CSodium",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]
        ),
        .target(name: "OffloadWire", dependencies: ["OffloadDomain"]),
        .target(
            name: "OffloadSettings",
            dependencies: [
                "OffloadDomain",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        .target(
            name: "OffloadStore",
            dependencies: [
                "OffloadDomain", "OffloadWire",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .target(
            name: "OffloadRunner",
            dependencies: [
                "OffloadDomain", "OffloadCrypto",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .target(
            name: "OffloadEngine",
            dependencies: [
                "OffloadDomain",
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "OffloadServer",
            dependencies: [
                "OffloadDomain", "OffloadCrypto", "OffloadWire", "OffloadEngine",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "OffloadClient",
            dependencies: [
                "OffloadDomain", "OffloadCrypto", "OffloadWire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .executableTarget(
            name: "offload",
            dependencies: [
                "CQREncode", "OffloadClient", "OffloadCrypto", "OffloadDomain", "OffloadEngine", "OffloadRunner",
                "OffloadServer",
                "OffloadSettings", "OffloadStore", "OffloadWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),

        .executableTarget(name: "OffloadSimulator", dependencies: ["OffloadDomain", "OffloadTesting"]),
        .target(name: "OffloadTesting", dependencies: ["OffloadDomain", "OffloadWire"]),

        .testTarget(name: "OffloadFloorPlanTests"),
        .testTarget(
            name: "OffloadCryptoTests",
            dependencies: [
                "OffloadCrypto",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]
        ),
        .testTarget(
            name: "OffloadDomainTests", dependencies: ["OffloadDomain", "OffloadTesting"], exclude: ["Golden"]),
        .testTarget(
            name: "OffloadEngineTests",
            dependencies: [
                "OffloadDomain", "OffloadEngine", "OffloadTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "OffloadSimulatorTests",
            dependencies: ["OffloadDomain", "OffloadSimulator", "OffloadTesting", "OffloadWire"]
        ),

        .testTarget(name: "OffloadWireTests", dependencies: ["OffloadDomain", "OffloadTesting", "OffloadWire"]),
        .testTarget(name: "OffloadSettingsTests", dependencies: ["OffloadDomain", "OffloadSettings"]),
        .testTarget(
            name: "OffloadStoreTests",
            dependencies: [
                "OffloadDomain", "OffloadStore", "OffloadTesting", .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .testTarget(
            name: "OffloadRunnerTests",
            dependencies: [
                "OffloadDomain", "OffloadRunner", .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(name: "OffloadTestingTests", dependencies: ["OffloadDomain", "OffloadTesting"]),
        .testTarget(
            name: "OffloadServerTests",
            dependencies: [
                "OffloadCrypto", "OffloadDomain", "OffloadServer", "OffloadTesting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .testTarget(
            name: "OffloadBlackBoxTests",
            dependencies: [
                "OffloadClient", "OffloadCrypto", "OffloadDomain", "OffloadServer", "OffloadSettings", "OffloadTesting",
                "OffloadWire",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
    ]
)

/// One place decides how strict the compiler is.
for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
