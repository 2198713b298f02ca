"""What the evaluation scripts of MemOS do with its open-source server, call by call: the same URLs,
headers, fields and reads of the answers, over the standard library."""

import http.client
import json
import os
import time
from urllib.parse import urlsplit

URL = urlsplit(os.environ["MEMOS_URL"])


class MemosApiClient:
    """add, search and delete as the scripts send them; scheduler/status as LongBench polls it."""

    def __init__(self):
        self.headers = {"Content-Type": "application/json", "Authorization": "any-key"}

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=60)
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, self.headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        assert response.status == 200, text
        return json.loads(text)

    def add(self, messages, user_id, conv_id, batch_size=9999):
        for i in range(0, len(messages), batch_size):
            answer = self.call("POST", "/product/add", {
                "messages": messages[i : i + batch_size],
                "user_id": user_id,
                "mem_cube_id": user_id,
                "conversation_id": conv_id,
            })
            assert answer["message"] == "Memory added successfully", answer

    def search(self, query, user_id, top_k):
        answer = self.call("POST", "/product/search", {
            "query": query,
            "user_id": user_id,
            "mem_cube_id": user_id,
            "conversation_id": "",
            "top_k": top_k,
            "mode": "fast",
            "include_preference": True,
            "pref_top_k": 6,
        })
        assert answer["message"] == "Search completed successfully", answer
        return answer["data"]

    def wait(self, user_id):
        # LongBench polls until nothing waits or runs. A minute passes before a session is organised,
        # so this asks for the work to be done now.
        self.call("POST", f"/product/scheduler/wait?user_name={user_id}&timeout_seconds=60")
        while True:
            answer = self.call("GET", f"/product/scheduler/status?user_id={user_id}")
            statuses = {task["status"] for task in answer["data"]}
            if not statuses & {"waiting", "pending", "in_progress"}:
                return
            time.sleep(0.05)


def evaluation(client):
    user = "lme_exper_user_0"
    client.add(
        [
            {"role": "user", "content": "Noor: I booked the ferry to Naxos for Friday.",
             "chat_time": "2025-03-03 18:20:00"},
            {"role": "assistant", "content": "Bea: I love sailing, and I will bring the maps.",
             "chat_time": "2025-03-03 18:21:00"},
            {"role": "user", "content": "Noor: I prefer window seats.",
             "chat_time": "2025-03-03 18:22:00"},
        ],
        user, "session_1", batch_size=2)
    data = client.search("Where does the ferry go?", user, 10)
    context = "\n".join(memory["memory"] for memory in data["text_mem"][0]["memories"])
    assert "I booked the ferry to Naxos for Friday." in context, data
    assert "3 March 2025" in context, "a script that asks for dates finds them: " + context
    # An empty answer has a first cube too.
    data = client.search("What is the boiling point of tungsten?", "nobody", 10)
    assert data["text_mem"][0]["memories"] == [], data
    assert data.get("pref_string", "") == "", data
    client.wait(user)
    data = client.search("Which seats does Noor prefer?", user, 10)
    assert "window seats" in data["pref_string"], data


def omnimemeval(client):
    user = "omni"
    answer = client.call("POST", "/product/add", {
        "user_id": user, "mem_cube_id": user, "writable_cube_ids": [user], "async_mode": "sync",
        "session_id": "s1", "conversation_id": "s1",
        "messages": [{"role": "user", "content": "My cat is called Miso."}],
    })
    assert answer["message"] == "Memory added successfully"
    search = {
        "query": "What is my cat called?", "user_id": user, "readable_cube_ids": [user],
        "mem_cube_id": user, "top_k": 10, "mode": "fast", "include_preference": True,
        "pref_top_k": 6, "context_format": "mixed", "search_tool_memory": False,
        "tool_mem_top_k": 0, "include_skill_memory": False, "skill_mem_top_k": 0,
    }
    data = client.call("POST", "/product/search", search)["data"]
    assert "Miso" in data["text_mem"][0]["memories"][0]["memory"], data
    body = {"user_id": user, "writable_cube_ids": [user]}
    answer = client.call("POST", "/product/delete_memory", body)
    assert answer["message"] == "Memories deleted successfully", answer
    data = client.call("POST", "/product/search", search)["data"]
    assert data["text_mem"][0]["memories"] == [], data


client = MemosApiClient()
evaluation(client)
omnimemeval(client)
print("ok")
