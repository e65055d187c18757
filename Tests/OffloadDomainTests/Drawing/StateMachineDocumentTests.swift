import Testing

/// The drawings in `docs/state-machines.md` are what the machines do. One after another, because they share the file.
@Suite(.serialized) struct StateMachineDocumentTests {
    private static let file = CheckedFile("docs/state-machines.md")

    struct Drawing: Sendable, CustomTestStringConvertible {
        let marker: String
        let make: @Sendable () -> String
        var testDescription: String { marker }
    }

    static let drawings = [
        Drawing(marker: "task-machine") { MachineDrawings.task },
        Drawing(marker: "attempt-machine") { MachineDrawings.attempt },
        Drawing(marker: "batch-machine") { MachineDrawings.batch },
        Drawing(marker: "result-machine") { MachineDrawings.result },
        Drawing(marker: "pairing-window") { MachineDrawings.pairing },
    ]

    @Test(arguments: drawings) func theDocumentShowsWhatTheMachineDoes(_ drawing: Drawing) throws {
        var document = MarkedText(try Self.file.read())
        let block = "```mermaid\n\(drawing.make())\n```"
        if CheckedFile.isToBeUpdated {
            try document.replace(drawing.marker, with: block)
            try Self.file.write(document.text)
        }
        #expect(
            try document.part(drawing.marker) == block,
            "docs/state-machines.md is out of date; run the tests with OFFLOAD_UPDATE_DOCS=1")
    }

    // MARK: - Controls

    /// A machine of three states, one of which cannot be reached.
    @Test func drawsWhatCanBeReachedAndNothingElse() {
        let groups = [MachineDrawing<Int>.Group(label: "hop", members: ["jump", "leap"])]
        let drawing = MachineDrawing(from: 0, groups: groups, name: { "at \($0)" }) { node in
            switch node {
            case 0: [("jump", 1), ("stay", 0), ("go", 1), ("leap", 1)]
            case 1: []
            default: [("leave", 0)]
            }
        }
        #expect(
            drawing.mermaid == """
                stateDiagram-v2
                    state "at 0" as at_0
                    state "at 1" as at_1
                    [*] --> at_0
                    at_0 --> at_1: go, hop
                    at_1 --> [*]
                """)
    }

    @Test func aDocumentWithAnOldDrawingIsFound() throws {
        var document = MarkedText("before\n<!-- x -->\nold\n<!-- /x -->\nafter\n")
        #expect(try document.part("x") == "old")
        try document.replace("x", with: "new")
        #expect(document.text == "before\n<!-- x -->\nnew\n<!-- /x -->\nafter\n")
        #expect(throws: MarkedText.MissingMarker.self) { try document.part("y") }
    }
}
