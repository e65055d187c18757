import OffloadDomain

extension LedgerConformance {
    /// Texts that a store might spoil: none at all, a NUL, quotes and wildcards, letters composed in two ways, the
    /// largest.
    private static let awkwardTexts = [
        "", "a\0b", "\0", "it's \"quoted\" \\ 100% _", "caf\u{E9}", "cafe\u{301}", "\u{2028}\u{7F}\r\n\t\u{1}",
        "👩‍👩‍👧‍👦 العربية",
        String(repeating: "x\0é", count: 16 * 1024),
    ]

    static let backlogChecks = [
        Check("projects come back whole, in order of creation") { subject in
            let projects = [3, 1, 2].map { Samples.project($0) }
            try await subject.ledger.change { transaction in
                for project in projects { try transaction.insert(project) }
            }
            try await subject.ledger.read { reader in
                try expectEqual(try reader.projects(), projects, "in order of creation")
                try expectEqual(try reader.project(path: "/projects/1"), projects[1], "by path")
                try expectEqual(try reader.project(path: "/projects/9"), nil, "no project at another path")
                try expectEqual(try reader.project(ProjectID(unchecked: "p-9")), nil, "no project of another id")
            }
        },
        Check("a project is changed where it stands") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.project(2))
                var project = Samples.project(1)
                (project.name, project.path, project.versionControl) = ("New", "/new", .none)
                try transaction.update(project)
                try expectEqual(try transaction.projects(), [project, Samples.project(2)], "changed, in its old place")
                try expectRefusal(.notFound, "changing a project that is not there") {
                    try transaction.update(Samples.project(3))
                }
            }
        },
        Check("no two projects have one id or one path") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.project(2))
                try expectRefusal(.conflict, "an id twice") {
                    try transaction.insert(Samples.project(1, path: "/other"))
                }
                try expectRefusal(.conflict, "a path twice") {
                    try transaction.insert(Samples.project(3, path: "/projects/1"))
                }
                try expectRefusal(.conflict, "a path that another project has") {
                    try transaction.update(Samples.project(2, path: "/projects/1"))
                }
            }
        },
        Check("paths are compared byte by byte") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1, path: "/caf\u{E9}"))
                try transaction.insert(Samples.project(2, path: "/cafe\u{301}"))
                try expectEqual(try transaction.project(path: "/cafe\u{301}")?.id.rawValue, "p-2", "the decomposed one")
            }
        },
        Check("texts come back byte by byte") { subject in
            try await subject.ledger.change { try $0.insert(Samples.project(1)) }
            for (number, text) in awkwardTexts.enumerated() {
                var idea = Samples.idea(number, title: text, description: text)
                (idea.check, idea.expectedPaths) = (text, [text, "src/main.swift", text])
                try await subject.ledger.change { [idea] in try $0.insert(idea) }
                let found = try await subject.ledger.read { [idea] in try $0.idea(idea.id) }
                try expectSameBytes(found?.title, text, "title \(number)")
                try expectSameBytes(found?.description, text, "description \(number)")
                try expectSameBytes(found?.check, text, "check \(number)")
                try expectSameBytes(found?.expectedPaths.first, text, "path \(number)")
                try expectEqual(found, idea, "the whole idea \(number)")
            }
        },
        Check("an idea is changed where it stands") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.idea(1))
                try transaction.insert(Samples.idea(2))
                var idea = Samples.idea(1, title: "Better", description: "More.", status: .implemented, priority: -7)
                (idea.check, idea.expectedPaths, idea.updatedAt) = ("make test", ["a", "b"], Samples.time(5))
                try transaction.update(idea)
                try expectEqual(
                    try transaction.ideas(IdeaFilter(), page: Page()), [Samples.idea(2), idea],
                    "changed, in its old place")
                try expectRefusal(.notFound, "changing an idea that is not there") {
                    try transaction.update(Samples.idea(3))
                }
                try expectRefusal(.conflict, "an id twice") { try transaction.insert(Samples.idea(1)) }
                try expectRefusal(.notFound, "an idea of no project") { try transaction.insert(Samples.idea(4, of: 9)) }
            }
        },
        Check("ideas are listed newest first, page by page") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                for number in 1...7 { try transaction.insert(Samples.idea(number)) }
            }
            try await subject.ledger.read { reader in
                func page(_ limit: Int, _ offset: Int) throws -> [String] {
                    try reader.ideas(IdeaFilter(), page: Page(limit: limit, offset: offset)).map(\.id.rawValue)
                }
                try expectEqual(try page(3, 0), ["i-7", "i-6", "i-5"], "the first page")
                try expectEqual(try page(3, 3), ["i-4", "i-3", "i-2"], "the second")
                try expectEqual(try page(3, 6), ["i-1"], "the rest")
                try expectEqual(try page(3, 7), [], "nothing behind the end")
                try expectEqual(try reader.ideaCount(IdeaFilter()), 7, "the count is of all pages")
            }
        },
        Check("idea filters narrow list and count alike") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.project(2))
                try transaction.insert(Samples.idea(1, of: 1, title: "Raise 100% of limits", status: .accepted))
                try transaction.insert(Samples.idea(2, of: 1, title: "raise_the_roof", status: .pending))
                try transaction.insert(Samples.idea(3, of: 2, title: "RAISE the CAF\u{C9}", status: .accepted))
                try transaction.insert(Samples.idea(4, of: 2, title: "zero\0raised", status: .rejected))
            }
            let (one, two) = (Samples.project(1).id, Samples.project(2).id)
            let expectations: [(IdeaFilter, [Int])] = [
                (IdeaFilter(), [4, 3, 2, 1]), (IdeaFilter(projectID: one), [2, 1]),
                (IdeaFilter(status: .accepted), [3, 1]), (IdeaFilter(projectID: two, status: .accepted), [3]),
                (IdeaFilter(text: "raise"), [4, 3, 2, 1]), (IdeaFilter(projectID: two, text: "Raise"), [4, 3]),
                (IdeaFilter(text: "%"), [1]), (IdeaFilter(text: "_"), [2]), (IdeaFilter(text: "\0R"), [4]),
                (IdeaFilter(text: "CAF\u{E9}"), []), (IdeaFilter(text: "caf\u{C9}"), [3]), (IdeaFilter(text: "'"), []),
                (IdeaFilter(status: .accepted, text: "limits"), [1]), (IdeaFilter(text: ""), [4, 3, 2, 1]),
                (IdeaFilter(projectID: ProjectID(unchecked: "p-9")), []),
            ]
            try await subject.ledger.read { reader in
                for (filter, numbers) in expectations {
                    try expectEqual(
                        try reader.ideas(filter, page: Page()).map(\.id.rawValue), numbers.map { "i-\($0)" },
                        "list of \(filter)")
                    try expectEqual(try reader.ideaCount(filter), numbers.count, "count of \(filter)")
                }
            }
        },
    ]

    static let requirementChecks = [
        Check("a requirement comes back whole, and its file name is its project's") { subject in
            let requirement = Requirement(
                id: RequirementID(unchecked: "r-1"), ideaID: IdeaID(unchecked: "i-1"), fileName: "a.md",
                content: awkwardTexts.joined(), base: Samples.commit(7), createdAt: Samples.time(9))
            try await subject.ledger.change { transaction in
                for number in 1...2 {
                    try transaction.insert(Samples.project(number))
                    try transaction.insert(Samples.idea(number, of: number))
                }
                try transaction.insert(requirement, of: Samples.project(1).id)
                try transaction.insert(Samples.requirement(2, fileName: "a.md"), of: Samples.project(2).id)
                try expectRefusal(.conflict, "a file name twice in a project") {
                    try transaction.insert(Samples.requirement(1, fileName: "a.md"), of: Samples.project(1).id)
                }
                try expectRefusal(.notFound, "a requirement of no idea") {
                    try transaction.insert(Samples.requirement(9), of: Samples.project(1).id)
                }
            }
            try await subject.ledger.read { reader in
                let found = try reader.requirement(requirement.id)
                try expectEqual(found, requirement, "the whole requirement")
                try expectSameBytes(found?.content, requirement.content, "its content")
                try expectEqual(
                    try reader.requirement(RequirementID(unchecked: "r-2"))?.base, nil, "no base is no base")
                try expect(
                    try reader.requirementExists(fileName: "a.md", in: Samples.project(1).id), "the name is taken")
                try expect(
                    try !reader.requirementExists(fileName: "b.md", in: Samples.project(1).id), "this one is not")
            }
        }
    ]
}
