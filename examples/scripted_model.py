"""A stand-in for a language model: an OpenAI-compatible endpoint that answers from what it is shown.

It repeats the line of the prompt that shares most words with the question, so that an example shows
whether a memory reached the model. Usage: python3 scripted_model.py [PORT]
"""

import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def text_of(content):
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def words(text):
    return set(re.findall(r"\w{4,}", text.lower()))


def answer(prompt, question):
    # Some prompts quote the lines of memory, as JSON does.
    lines = [line.strip(' \t",') for line in prompt.splitlines() if line.strip(' \t",')]
    shared = [(len(words(line) & words(question)), -n, line) for n, line in enumerate(lines)]
    best = max(shared, default=(0, 0, ""))
    return f"From what I know: {best[2]}" if best[0] else "I don't know that yet."


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.reply({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if self.path.endswith("/responses"):
            return self.respond(body)
        messages = body.get("messages", [])
        asked = [text_of(m.get("content")) for m in messages if m.get("role") == "user"]
        question = asked[-1] if asked else ""
        shown = [text_of(m.get("content")) for m in messages[:-1]]
        said = answer("\n".join(shown), question)
        head = {"id": "chatcmpl-1", "created": int(time.time()), "model": "scripted"}
        if not body.get("stream"):
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            return self.reply({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
        deltas = [{"role": "assistant", "content": ""}] + [{"content": w + " "} for w in said.split()]
        chunks = [
            {**head, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": d, "finish_reason": None}]}
            for d in deltas
        ]
        end = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
        chunks.append({**head, "object": "chat.completion.chunk", "choices": end})
        self.stream([f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"])

    def respond(self, body):
        given = body.get("input", "")
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        asked = [text_of(i.get("content")) for i in items if i.get("role") == "user"]
        shown = [body.get("instructions") or ""] + [text_of(i.get("content")) for i in items[:-1]]
        said = answer("\n".join(shown), asked[-1] if asked else "")
        part = {"type": "output_text", "text": said, "annotations": []}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
        usage = {
            "input_tokens": 1, "output_tokens": 1, "total_tokens": 2,
            "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
        }
        self.reply({
            "id": "resp_1", "object": "response", "created_at": int(time.time()), "status": "completed",
            "model": "scripted", "output": [message], "parallel_tool_calls": False, "tool_choice": "auto",
            "tools": [], "usage": usage,
        })

    def reply(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, events):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events + [""]:
            data = event.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8765), Model)
    print(f"a scripted model serves on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
