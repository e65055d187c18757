#!/usr/bin/env python3
"""A loopback stand-in for the Messages API, so that the real Claude Code CLI runs offline in tests.

The first line on stdout is `LISTENING <port>`; nothing else is printed there. The program ends when its standard
input closes, so it cannot outlive the test that started it.

The prompt chooses what happens, by lines of its own (`NAME: value`, anywhere in the prompt):

    SCENARIO: write-file       Write FILE with the line CONTENT (repeated TIMES times), then end
    SCENARIO: edit-two-files   Read both files (two FILE lines), Edit FIND to REPLACE in each, then end
    SCENARIO: big-tool-output  Bash command that prints BYTES bytes (1000000), then end
    SCENARIO: run-command      Bash COMMAND in the foreground, then end
    SCENARIO: denied           the same, with a COMMAND that the mode acceptEdits refuses by itself
    SCENARIO: api-error        answer each request with the HTTP STATUS (500); RETRY: yes lets the client try again
    SCENARIO: usage-limit      answer as for a used-up five-hour window that opens again at RESETS (Unix seconds); the
                               client tells of the window only if it runs on CLAUDE_CODE_OAUTH_TOKEN, not on a key
    SCENARIO: hang             open the answer, then stay silent until the client goes away

Without a SCENARIO line the answer is one short text. The server keeps no state: the step within a scenario is read
from the conversation that every request carries, so one server serves any number of runs at once.
"""

import json
import re
import select
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCENARIO_LINE = re.compile(r"^[ \t]*SCENARIO:[ \t]*(\S+)", re.MULTILINE)

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Request:
    """One request of the client: what its newest prompt asks for, and how many turns were answered since."""

    def __init__(self, body):
        self.body = body
        self.prompt = ""
        self.turns = 0
        # Both count the whole conversation. The client joins messages of one id into one message, and pairs tool
        # results by id: an id used twice would make it repeat a turn for ever.
        self.ordinal = 1
        for message in body.get("messages", []):
            if message.get("role") == "assistant":
                self.turns += 1
                self.ordinal += 1
                continue
            content = message.get("content", [])
            blocks = [text_block(content)] if isinstance(content, str) else content
            for block in blocks:
                # A tool result may quote the prompt's lines from a file: only what the user wrote counts.
                if block.get("type") == "text" and SCENARIO_LINE.search(block["text"]):
                    self.prompt = block["text"]
                    self.turns = 0

    @property
    def scenario(self):
        match = SCENARIO_LINE.search(self.prompt)
        return match.group(1) if match else None

    def values(self, name):
        return re.findall(rf"^[ \t]*{name}:[ \t]*(.*?)[ \t]*$", self.prompt, re.MULTILINE)

    def value(self, name, default):
        return next(iter(self.values(name)), default)


def text_block(text):
    return {"type": "text", "text": text}


def tool_call(tool, **arguments):
    return {"type": "tool_use", "name": tool, "input": arguments}


def run(command):
    return tool_call("Bash", command=command, description="Run the command of the scenario")


def tool_turns(request):
    """The tool calls of a scenario, one list for each turn; a closing text follows the last."""
    scenario = request.scenario
    if scenario == "write-file":
        content = (request.value("CONTENT", "hello") + "\n") * int(request.value("TIMES", "1"))
        return [[text_block("I write the file."),
                 tool_call("Write", file_path=request.value("FILE", "written.txt"), content=content)]]
    if scenario == "edit-two-files":
        paths = request.values("FILE") or ["first.txt", "second.txt"]
        old, new = request.value("FIND", "old"), request.value("REPLACE", "new")
        # The tool Edit refuses a file that the session has not read.
        return [[tool_call("Read", file_path=path) for path in paths],
                [tool_call("Edit", file_path=path, old_string=old, new_string=new) for path in paths]]
    if scenario == "big-tool-output":
        return [[run(f"head -c {int(request.value('BYTES', '1000000'))} /dev/zero | tr '\\0' x")]]
    if scenario == "run-command":
        return [[run(request.value("COMMAND", "echo hello"))]]
    if scenario == "denied":
        # Leaves a file, so that a test can see that the command did not run.
        return [[run(request.value("COMMAND", "python3 -c \"open('denied.txt', 'w')\""))]]
    return []


def next_blocks(request):
    """The content and the stop reason of the next answer."""
    # Side questions of the client (a title, a summary) offer no tools: they must not start the scenario.
    turns = tool_turns(request) if request.body.get("tools") else []
    if request.turns >= len(turns):
        return [text_block(f"Done: {request.scenario or 'nothing was asked'}.")], "end_turn"
    blocks = turns[request.turns]
    for position, block in enumerate(blocks, start=1):
        if block["type"] == "tool_use":
            block["id"] = f"toolu_{request.ordinal}_{position}"
    return blocks, "tool_use"


def message(request, blocks, stop_reason):
    return {
        "id": f"msg_{request.ordinal}",
        "type": "message",
        "role": "assistant",
        "model": request.body.get("model", "stand-in"),
        "content": blocks,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 10},
    }


def opening_event(request):
    return {"type": "message_start", "message": message(request, [], None)}


def events(request):
    """The server-sent events of one whole answer."""
    blocks, stop_reason = next_blocks(request)
    yield opening_event(request)
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            start = dict(block, text="")
            delta = {"type": "text_delta", "text": block["text"]}
        else:
            start = dict(block, input={})
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    end = {"stop_reason": stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": {"output_tokens": 10}}
    yield {"type": "message_stop"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The small writes of a stream must leave at once, or each answer waits for a delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, format, *arguments):
        pass

    def do_GET(self):
        self.send_json(200, {})

    do_HEAD = do_GET

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/v1/messages":
            self.answer(Request(json.loads(raw)))
        elif path == "/v1/messages/count_tokens":
            self.send_json(200, {"input_tokens": 100})
        else:
            self.send_json(200, {})

    def answer(self, request):
        if request.scenario == "api-error":
            retry = {} if request.value("RETRY", "no") == "yes" else {"x-should-retry": "false"}
            self.send_refusal(int(request.value("STATUS", "500")), "The stand-in refuses this request.", retry)
        elif request.scenario == "usage-limit":
            self.send_refusal(429, "This request would exceed your account's rate limit.", {
                "x-should-retry": "false",
                "anthropic-ratelimit-unified-status": "rejected",
                "anthropic-ratelimit-unified-representative-claim": "five_hour",
                "anthropic-ratelimit-unified-reset": request.value("RESETS", "4102444800"),
            })
        elif request.scenario == "hang":
            self.send_events([opening_event(request)])
            # The client has nothing more to say here, so the connection turns readable only when it closes.
            select.select([self.connection], [], [])
            self.close_connection = True
        elif request.body.get("stream"):
            self.send_events(events(request))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_json(200, message(request, *next_blocks(request)))

    def send_events(self, stream):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in stream:
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def send_refusal(self, status, text, headers):
        error = {"type": ERROR_TYPES.get(status, "api_error"), "message": text}
        self.send_json(status, {"type": "error", "error": error}, headers)

    def send_json(self, status, value, headers=None):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # A client that was killed in mid-answer belongs to the tests; any other error should be seen.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"LISTENING {server.server_address[1]}", flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
