import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct MergeForecastTests {
    private func output(_ text: String) -> [UInt8] { Array(text.replacing("~", with: "\0").utf8) }

    @Test func readsWhatGitWrites() throws {
        // As git 2.39 writes it, for three pairs of commits.
        let found = try MergeForecast.read(
            output(
                "0~60b8~100644 de98 1\tf~100644 2079 2\tf~100644 6ed1 3\tf~100644 587b 1\tg~100644 975f 3\tg~"
                    + "~1~f~Auto-merging~Auto-merging f\n~1~f~CONFLICT (contents)~CONFLICT (content): f\n"
                    + "~1~g~CONFLICT (modify/delete)~CONFLICT (modify/delete): g\n~~"
                    + "1~6e30~~1~09cf~~"))
        #expect(found.map(\.tree) == ["60b8", "6e30", "09cf"])
        #expect(
            found[0].clashes == [Clash(path: "f", kind: .content), Clash(path: "g", kind: .deletedAndModified)])
        #expect(found[1].clashes.isEmpty && found[2].clashes.isEmpty)
        #expect(try MergeForecast.read([]).isEmpty)
    }

    @Test func refusesWhatItDoesNotUnderstand() {
        for text in ["2~60b8~~", "-1~60b8~~", "1~60b8~x~", "1~", "0~60b8~nonsense~~~", "0~60b8~~x~~", "fatal: bad"] {
            #expect(throws: OffloadError.self, "\(text)") { () throws in
                _ = try MergeForecast.read(output(text + "~"))
            }
        }
    }

    /// Two changes of the same base, each a shell command, and where they clash.
    @Test(
        "Says what kind of clash it is",
        arguments: [
            ("echo 1 >a.txt", "echo 2 >a.txt", ["a.txt: content"]),
            ("echo 1 >a.txt", "rm a.txt", ["a.txt: modify/delete"]),
            ("echo 1 >n", "echo 2 >n", ["n: content"]),
            ("mv a.txt one.txt", "mv a.txt two.txt", ["a.txt: rename", "one.txt: rename", "two.txt: rename"]),
            ("printf '\\0001' >b.txt", "printf '\\0002' >b.txt", ["b.txt: binary"]),
            ("echo 1 >x", "echo 2 >y", []),
        ])
    func kinds(_ left: String, _ right: String, _ expected: [String]) async throws {
        try await GitWorld.with { world in
            let repository = try await world.repositories.repository(of: world.project)
            var commits: [CommitHash] = []
            for change in [left, right] {
                try GitWorld.run(["checkout", "--quiet", "--force", "--detach", world.base.hex], in: world.users)
                try GitWorld.run(["-c", "alias.x=!\(change)", "x"], in: world.users)
                try GitWorld.run(["add", "--all"], in: world.users)
                try GitWorld.run(["commit", "--quiet", "--message=x"], in: world.users)
                let made = try #require(CommitHash(try GitWorld.run(["rev-parse", "HEAD"], in: world.users)))
                try await repository.pin(made, from: world.repositories.project(world.project))
                commits.append(made)
            }
            let forecast = try await repository.mergeForecasts([(commits[0], commits[1])])
            #expect(try #require(forecast.first).clashes.map { "\($0.path): \($0.kind.rawValue)" } == expected)
        }
    }
}
