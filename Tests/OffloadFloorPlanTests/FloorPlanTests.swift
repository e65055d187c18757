import Testing

@Suite struct FloorPlanTests {
    @Test func everyImportIsOnTheFloorPlan() throws {
        let files = try SourceFile.all(of: Repository())
        #expect(files.count > 100, "the sources were not found")
        #expect(Set(files.map(\.room)).isSuperset(of: ["OffloadDomain", "OffloadEngine", "offload"]))
        #expect(FloorPlan.offload.violations(in: files) == [])
    }

    @Test func theDomainImportsNothing() throws {
        let files = try SourceFile.all(of: Repository()).filter { $0.room == "OffloadDomain" }
        #expect(files.count > 10)
        #expect(files.flatMap(\.imports) == [])
    }

    @Test func theManifestAgreesWithTheFloorPlan() throws {
        let targets = Manifest(try Repository().manifest()).targets
        #expect(targets.map(\.name).sorted() == FloorPlan.offload.rooms.map(\.name).sorted())
        for target in targets {
            let room = try #require(FloorPlan.offload.rooms.first { $0.name == target.name })
            #expect(target.rooms.sorted() == room.rooms.sorted(), "rooms of \(target.name)")
            #expect(target.libraries.sorted() == room.libraries.sorted(), "libraries of \(target.name)")
        }
    }

    @Test func heavyLibrariesLiveInOneRoom() {
        for (library, owner) in FloorPlan.owners {
            let users = FloorPlan.offload.rooms.filter { $0.libraries.contains(library) }.map(\.name)
            #expect(users == [owner], "\(library)")
        }
    }

    /// Adapters are siblings; only the executable knows them all. Nothing that is for tests gets into the product.
    @Test func theProductHasNoCirclesAndNoTestRooms() {
        var above: [String] = []
        var remaining = FloorPlan.offload.rooms
        while let next = remaining.firstIndex(where: { room in room.rooms.allSatisfy(above.contains) }) {
            above.append(remaining.remove(at: next).name)
        }
        #expect(remaining.map(\.name) == [], "these import each other in a circle, or what there is not")
        for room in FloorPlan.offload.rooms where room.name != "OffloadSimulator" {
            #expect(!room.rooms.contains("OffloadTesting") && !room.rooms.contains("OffloadSimulator"), "\(room.name)")
        }
    }

    // MARK: - Controls

    @Test func aForbiddenImportIsFound() {
        let files = [
            SourceFile(path: "OffloadDomain/Model/Idea.swift", text: "import Foundation\n\nstruct Idea {}\n"),
            SourceFile(path: "OffloadEngine/Queue.swift", text: "package import OffloadDomain\nimport GRDB\n"),
            SourceFile(path: "OffloadStore/Ledger.swift", text: "import GRDB\nimport OffloadRunner\n"),
            SourceFile(path: "Cellar/Box.swift", text: "import Glibc\n"),
        ]
        #expect(
            FloorPlan.offload.violations(in: files) == [
                "OffloadDomain/Model/Idea.swift: OffloadDomain imports Foundation",
                "OffloadEngine/Queue.swift: OffloadEngine imports GRDB",
                "OffloadStore/Ledger.swift: OffloadStore imports OffloadRunner",
                "Cellar/Box.swift: there is no room Cellar in the floor plan",
            ])
    }

    @Test(arguments: [
        ("import A", ["A"]), ("  import A // why", ["A"]), ("@testable import A", ["A"]),
        ("@preconcurrency package import A", ["A"]), ("@_exported public import A", ["A"]),
        ("import struct A.B", ["A"]),
        ("import A.B.C", ["A"]), ("import A; import B", ["A", "B"]), ("#if canImport(A)\n    import A\n#endif", ["A"]),
        ("internal import A\r\nimport B", ["A", "B"]), ("import func A.b", ["A"]), ("import A_1", ["A_1"]),
        ("import { a } from 'a'", []),
        ("// import A", []), ("/// import A", []), ("let import1 = 1", []), ("importA()", []), ("", []),
    ])
    func importLinesAreRead(_ text: String, _ imports: [String]) {
        #expect(SourceFile.imports(in: text) == imports)
    }

    @Test func manifestsAreRead() {
        let manifest = Manifest(
            """
            let package = Package(
                dependencies: [.package(url: "https://example.org/x", from: "1.0.0")],
                targets: [
                    .target(name: "A"),
                    // .target(name: "Old", dependencies: ["A"]),
                    .target(
                        name: "B",
                        dependencies: [
                            "A", .product(name: "X", package: "x"),
                            .product(name: "Y", package: "x", condition: .when(platforms: [.linux])),
                        ],
                        path: "Elsewhere"
                    ),
                    .executableTarget(name: "c", dependencies: ["A", "B"]),
                    .testTarget(name: "BTests", dependencies: ["B"]),
                ]
            )
            """)
        #expect(
            manifest.targets == [
                .init(name: "A", rooms: [], libraries: []), .init(name: "B", rooms: ["A"], libraries: ["X", "Y"]),
                .init(name: "c", rooms: ["A", "B"], libraries: []),
            ])
    }
}
