internal import OffloadDomain

/// What we look at in one line of Claude Code's stream. Everything may be missing.
struct ClaudeMessage: Decodable {
    enum Block {
        case text(String)
        case toolUse(name: String, target: String?)
        case toolResult(isError: Bool, text: String)
    }

    struct Result {
        let isError: Bool?
        let subtype: String
        let terminalReason: String?
        let text: String?
        let errors: [String]
        let turns: Int?
        let costInDollars: Double?
        let apiErrorStatus: Int64?
        /// The tools that were refused, once for each refusal.
        let denials: [String]
    }

    struct RateLimit {
        let status: String
        let kind: String?
        let resetsAt: Int64?
    }

    let type: String
    let subtype: String?
    let sessionID: String?
    let model: String?
    let messageID: String?
    let usage: Cost.Tokens?
    let blocks: [Block]
    let changedFile: String?
    /// Why an answer could not be had, in a word for programs: `authentication_failed`, `rate_limit`, …
    let apiError: String?
    let result: Result?
    let rateLimit: RateLimit?

    init(from decoder: any Decoder) throws {
        let line = try LenientJSON(from: decoder)
        guard let type = line["type"]?.string else {
            throw DecodingError.valueNotFound(String.self, .init(codingPath: [], debugDescription: "type"))
        }
        self.type = type
        subtype = line["subtype"]?.string
        sessionID = line["session_id"]?.string
        let message = line["message"]
        model = line["model"]?.string ?? message?["model"]?.string
        messageID = message?["id"]?.string
        usage = Self.tokens((message?["usage"] ?? line["usage"]))
        blocks = Self.blocks(message?["content"])
        changedFile = Self.changedFile(line["tool_use_result"])
        apiError = line["error"]?.string
        result = type == "result" ? Self.result(line) : nil
        rateLimit = line["rate_limit_info"].map {
            RateLimit(
                status: $0["status"]?.string ?? "unknown", kind: $0["rateLimitType"]?.string,
                resetsAt: $0["resetsAt"]?.integer)
        }
    }

    private static func tokens(_ usage: LenientJSON?) -> Cost.Tokens? {
        guard let usage, let output = usage["output_tokens"]?.integer else { return nil }
        // Input that came from a cache, or went into one, was read all the same.
        let input = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
            .reduce(Int64(0)) { $0 + (usage[$1]?.integer ?? 0) }
        return Cost.Tokens(input: input, output: output)
    }

    private static func blocks(_ content: LenientJSON?) -> [Block] {
        guard let content else { return [] }
        if let text = content.string { return [.text(text)] }
        return content.elements.compactMap { block in
            switch block["type"]?.string {
            case "text": block["text"]?.string.map(Block.text)
            case "tool_use": .toolUse(name: block["name"]?.string ?? "?", target: target(block["input"]))
            case "tool_result":
                .toolResult(isError: block["is_error"]?.bool ?? false, text: text(block["content"]))
            default: nil
            }
        }
    }

    /// What a tool was used on, as far as tools have that in common.
    private static func target(_ input: LenientJSON?) -> String? {
        for name in ["file_path", "notebook_path", "path", "command", "pattern", "url", "query", "description"] {
            if let value = input?[name]?.string { return value }
        }
        return nil
    }

    private static func text(_ content: LenientJSON?) -> String {
        guard let content else { return "" }
        return content.string ?? content.elements.compactMap { $0["text"]?.string }.joined(separator: "\n")
    }

    /// A tool that wrote a file says so with the kind of change or with a patch; one that only read it does not.
    private static func changedFile(_ result: LenientJSON?) -> String? {
        guard let result, let path = result["filePath"]?.string else { return nil }
        let kind = result["type"]?.string
        return kind == "create" || kind == "update" || result["structuredPatch"] != nil ? path : nil
    }

    private static func result(_ line: LenientJSON) -> Result {
        Result(
            isError: line["is_error"]?.bool, subtype: line["subtype"]?.string ?? "",
            terminalReason: line["terminal_reason"]?.string, text: line["result"]?.string,
            errors: line["errors"]?.elements.compactMap { $0.string ?? $0["message"]?.string } ?? [],
            turns: line["num_turns"]?.integer.flatMap(Int.init(exactly:)),
            costInDollars: line["total_cost_usd"]?.number,
            apiErrorStatus: line["api_error_status"]?.integer,
            denials: line["permission_denials"]?.elements.map { $0["tool_name"]?.string ?? "a tool" } ?? []
        )
    }
}
