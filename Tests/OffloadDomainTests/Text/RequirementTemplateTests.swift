import OffloadDomain
import OffloadTesting
import Testing

@Suite struct RequirementTemplateTests {
    private static let golden = CheckedFile("Tests/OffloadDomainTests/Golden/requirement.md")

    private static func idea(
        title: String = "Shorten the start", description: String = "Do it well.", check: String? = nil,
        paths: [String] = []
    ) -> Idea {
        var idea = Samples.idea(7, title: title, description: description, priority: 3)
        idea.check = check
        idea.expectedPaths = paths
        return idea
    }

    private static func render(
        _ template: String? = nil, _ idea: Idea = idea(), base: CommitHash? = nil, check: String? = nil
    ) throws -> String {
        try RequirementTemplate(template).render(idea, project: Samples.project(1), base: base, check: check)
    }

    /// Only what stands after the front matter.
    private static func body(_ text: String) throws -> String {
        let end = try #require(text.firstRange(of: "\n---\n\n"))
        return String(text[end.upperBound...])
    }

    // MARK: - The whole file

    @Test func rendersAsInTheGoldenFile() throws {
        let idea = Self.idea(
            title: "Shorten the \"cold\" start", description: "It takes 3 s.\n\nHalf of it is C:\\temp.",
            paths: ["Sources/Start", "a \"quoted\" path"])
        let text = try Self.render(nil, idea, base: Samples.commit(10), check: "make test")
        if CheckedFile.isToBeUpdated { try Self.golden.write(text) }
        #expect(try Self.golden.read() == text)
    }

    @Test func leavesOutWhatThereIsNot() throws {
        let text = try Self.render()
        let head = try #require(text.firstRange(of: "\n---\n\n"))
        #expect(text[..<head.lowerBound] == "---\nid: i-7\ntitle: \"Shorten the start\"\npriority: 3")
        let body = try Self.body(text)
        #expect(body.contains("Expected places of the change: not stated."))
        #expect(body.contains("when this command succeeds: none."))
    }

    @Test func theBodyIsTheProjectsOwn() throws {
        let text = try Self.render(
            "{{id}}|{{title}}|{{description}}|{{priority}}|{{base}}|{{check}}|{{expected_paths}}|{{project}}",
            Self.idea(paths: ["a", "b"]), base: Samples.commit(2), check: "make")
        let hash = Samples.commit(2).hex
        #expect(try Self.body(text) == "i-7|Shorten the start|Do it well.|3|\(hash)|make|a, b|Project 1\n")
    }

    @Test func everyValueCanBeNamed() throws {
        for value in RequirementTemplate.Value.allCases {
            #expect(try !Self.body(Self.render("<{{\(value.rawValue)}}>")).contains("{{"), "\(value.rawValue)")
        }
    }

    // MARK: - Front matter

    /// A program that reads the front matter gets exactly the text that was written, whatever is in it.
    @Test(arguments: [
        ("plain", #""plain""#), (#"say "hi""#, #""say \"hi\"""#), (#"C:\new"#, #""C:\\new""#), ("a\nb", #""a\nb""#),
        ("a\r\nb", #""a\r\nb""#), ("a\tb", #""a\tb""#), ("# no comment: [x]", ##""# no comment: [x]""##),
        ("---", #""---""#),
        ("ü 🧪", #""ü 🧪""#), (#"\"#, #""\\""#), (#"\" "#, #""\\\" ""#), ("{{title}}", #""{{title}}""#),
    ])
    func quotes(_ text: String, _ quoted: String) throws {
        // The machine refuses line breaks in a title; a template must not rely on that.
        let rendered = try Self.render("body", Self.idea(title: text, paths: [text]), check: text)
        let head = try #require(rendered.firstRange(of: "\n---\n\nbody\n"))
        #expect(
            rendered[..<head.lowerBound]
                == "---\nid: i-7\ntitle: \(quoted)\npriority: 3\ncheck: \(quoted)\nexpectedPaths:\n  - \(quoted)")
    }

    @Test func aTitleCannotEndTheFrontMatter() throws {
        let rendered = try Self.render("body", Self.idea(title: "x\"\n---\nid: i-8\n"))
        let lines = rendered.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count { $0 == "---" } == 2)
        #expect(lines.count { $0.hasPrefix("id: ") } == 1)
    }

    // MARK: - Values in the body

    @Test func whatAValueBringsIsNotExpanded() throws {
        let idea = Self.idea(title: "About {{description}}", description: "About {{title}} and {{nothing}}")
        let text = try Self.render("{{title}} / {{description}}", idea)
        #expect(try Self.body(text) == "About {{description}} / About {{title}} and {{nothing}}\n")
    }

    @Test func bracesAcrossValuesDoNotJoin() throws {
        let text = try Self.render("{{title}}{{description}}", Self.idea(title: "{{", description: "title}}"))
        #expect(try Self.body(text) == "{{title}}\n")
    }

    @Test(arguments: [
        ("{{ title }}", "Shorten the start"), ("{{\ttitle\n}}", "Shorten the start"),
        ("{{title}}}", "Shorten the start}"),
        ("{ {title}}", "{ {title}}"), ("{{title", "{{title"), ("}}{{", "}}{{"), ("{title}", "{title}"), ("", ""),
        ("{{title}}{{title}}", "Shorten the startShorten the start"),
    ])
    func bracesAreReadAsWritten(_ template: String, _ body: String) throws {
        let rendered = try Self.body(Self.render(template))
        #expect(rendered == (body.isEmpty ? "" : body + "\n"))
    }

    @Test func oneLineBreakEndsTheFile() throws {
        #expect(try Self.body(Self.render("body")) == "body\n")
        #expect(try Self.body(Self.render("body\n")) == "body\n")
    }

    // MARK: - Refusals

    @Test(arguments: ["tilte", "", "Title", "title2", "{{title"]) func unknownValuesAreRefused(_ name: String) {
        let error = #expect(throws: OffloadError.self) { try RequirementTemplate("x {{\(name)}} y") }
        #expect(error?.kind == .unprocessable)
        #expect(error?.message.contains("{{\(name)}}") == true)
        #expect(
            error?.message.contains("id, title, description, priority, base, check, expected_paths, project") == true)
    }

    @Test func templatesThatAreTooLargeAreRefused() throws {
        _ = try RequirementTemplate(String(repeating: "x", count: RequirementTemplate.limit))
        let error = #expect(throws: OffloadError.self) {
            try RequirementTemplate(String(repeating: "x", count: RequirementTemplate.limit + 1))
        }
        #expect(error?.kind == .unprocessable)
    }
}
