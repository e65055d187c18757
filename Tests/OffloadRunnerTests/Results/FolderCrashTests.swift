import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct FolderCrashTests {
    @Test(arguments: [false, true]) func aCrashAnywhereWhileTakingIsPutRight(plainly: Bool) throws {
        var outcomes: [Settled.Outcome] = []
        let places = try CrashWorld.forEveryPlace { count in
            let world = try CrashWorld.world()
            let before = world.picture
            let (integration, fuse) = CrashWorld.crashing(world, after: count, plainly: plainly)
            let plan = try world.plan()
            var isBroken = false
            do {
                _ = try integration.apply(plan, keepBoth: true, idea: world.idea)
            } catch is Fuse.Blown { isBroken = true }
            let settled = try CrashWorld.settle(world, plainly)
            let note = Comment(rawValue: "\(String(describing: fuse.place)): \(settled)")
            #expect(settled.leftAlone == [], note)
            #expect(world.staging == [], note)
            #expect(try CrashWorld.settle(world, plainly) == settled, note)
            outcomes.append(settled.outcome)
            if settled.outcome == .done {
                var expected = CrashWorld.theirs
                (expected["both"], expected["both.offload-i-7"]) = (.file("1"), .file("2"))
                #expect(try world.files() == expected, note)
                _ = try world.integration.undo(world.key.task, project: world.project)
            }
            #expect(world.picture == before, note)
            #expect(FileSystem.kind(of: "\(world.data)/integrations/\(world.key.task)/journal.json") == .missing, note)
            return isBroken
        }
        #expect(places > 30)
        #expect(outcomes.first == .notDone && outcomes.last == .done)
    }

    @Test(arguments: [false, true]) func aCrashAnywhereWhileUndoingIsPutRight(plainly: Bool) throws {
        var outcomes: Set<String> = []
        let places = try CrashWorld.forEveryPlace { count in
            let world = try CrashWorld.world()
            let before = world.picture
            _ = try world.take(keepBoth: true)
            let taken = world.picture
            let (integration, fuse) = CrashWorld.crashing(world, after: count, plainly: plainly)
            var isBroken = false
            do {
                _ = try integration.undo(world.key.task, project: world.project)
            } catch is Fuse.Blown { isBroken = true }
            let settled = try CrashWorld.settle(world, plainly)
            let note = Comment(rawValue: "\(String(describing: fuse.place)): \(settled)")
            #expect(world.staging == [], note)
            outcomes.insert("\(settled.outcome)")
            if settled.outcome == .done {
                #expect(world.picture == taken, note)
                _ = try world.integration.undo(world.key.task, project: world.project)
            }
            #expect(world.picture == before, note)
            return isBroken
        }
        #expect(places > 30)
        #expect(outcomes.count == 2)
    }

    @Test(arguments: [false, true]) func aCrashAnywhereWhilePuttingRightIsPutRight(plainly: Bool) throws {
        var broken = 0
        for first in stride(from: 0, to: 60, by: 3) {
            _ = try CrashWorld.forEveryPlace { count in
                let world = try CrashWorld.world()
                let before = world.picture
                let plan = try world.plan()
                let isWhole =
                    (try? CrashWorld.crashing(world, after: first, plainly: plainly).0.apply(
                        plan, keepBoth: true, idea: world.idea)) != nil
                let (integration, fuse) = CrashWorld.crashing(world, after: count, plainly: plainly)
                var isBroken = false
                do {
                    _ = try integration.settle(world.key.task, project: world.project)
                } catch is Fuse.Blown {
                    isBroken = true
                    broken += 1
                }
                let settled = try CrashWorld.settle(world, plainly)
                let note = Comment(rawValue: "\(first), \(String(describing: fuse.place)): \(settled)")
                #expect(settled.leftAlone == [] && world.staging == [], note)
                if settled.outcome == .done {
                    _ = try world.integration.undo(world.key.task, project: world.project)
                }
                #expect(world.picture == before, note)
                return isBroken && !isWhole
            }
        }
        #expect(broken > 100)
    }
}
