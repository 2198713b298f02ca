// What the OpenClaw cloud plugin does around a turn: one search before it, one addition after it. With
// the plugin's own client where it can be installed (PLUGIN names its module), else with the few lines
// that its contract amounts to: a key in the header, 5 s, one retry of the same bytes.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const url = process.env.MEMOS_URL;

async function theirs(module) {
  // The client reads its settings from a file in the home folder alone.
  const home = mkdtempSync(join(tmpdir(), "openclaw-"));
  mkdirSync(join(home, ".openclaw"));
  writeFileSync(join(home, ".openclaw", ".env"), `MEMOS_BASE_URL=${url}/\nMEMOS_API_KEY=any-key\n`);
  process.env.HOME = home;
  const plugin = await import(module);
  const config = plugin.buildConfig({});
  return {
    search: async (payload) => plugin.extractResultData(await plugin.searchMemory(config, payload)),
    add: (payload) => plugin.addMessage(config, payload),
  };
}

function ours() {
  const call = async (path, payload) => {
    let last;
    for (let attempt = 0; attempt <= 1; attempt += 1) {
      try {
        const answer = await fetch(`${url}${path}`, {
          method: "POST",
          headers: { "Content-Type": "application/json", Authorization: "Token any-key" },
          body: JSON.stringify(payload),
          signal: AbortSignal.timeout(5000),
        });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        return await answer.json();
      } catch (error) {
        last = error;
      }
    }
    throw last;
  };
  return {
    search: async (payload) => (await call("/search/memory", payload)).data,
    add: (payload) => call("/add/message", payload),
  };
}

const client = process.env.PLUGIN ? await theirs(process.env.PLUGIN) : ours();

const turn = {
  user_id: "openclaw-user",
  conversation_id: "agent:main:main",
  messages: [
    { role: "user", content: "Book me the ferry to Naxos." },
    {
      role: "assistant",
      content: "",
      tool_calls: [
        { id: "c1", type: "function", function: { name: "book", arguments: '{"to":"Naxos"}' } },
      ],
    },
    { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "Booked for seven." }] },
    { role: "assistant", content: "The ferry to Naxos is booked for seven." },
  ],
  source: "openclaw_linux",
  agent_id: "main",
  app_id: "app",
  tags: ["openclaw"],
  info: { source: "openclaw", sessionKey: "agent:main:main", agentId: "main" },
  allow_public: false,
  allow_knowledgebase_ids: [],
  async_mode: true,
};
const question = (filter) => ({
  user_id: "openclaw-user",
  query: "When is the ferry to Naxos booked for?",
  source: "openclaw_linux",
  filter,
  knowledgebase_ids: [],
  memory_limit_number: 9,
  include_preference: true,
  preference_limit_number: 6,
  include_tool_memory: true,
  tool_memory_limit_number: 6,
  relativity: 0.45,
});

const first = await client.add(turn);
const again = await client.add(turn);
assert.equal(first.data.success, true);
assert.equal(again.data.task_id, first.data.task_id, "a retry adds nothing");

const found = await client.search(question({ user: { and: [{ agent_id: "main" }] } }));
const texts = found.memory_detail_list.map((item) => item.memory_value);
assert.ok(texts.includes("The ferry to Naxos is booked for seven."), texts.join("\n"));
assert.equal(new Set(texts).size, texts.length);
for (const item of found.memory_detail_list) {
  assert.ok(item.relativity > 0.45 && item.relativity <= 1);
  assert.equal(new Date(item.update_time).getFullYear() >= 2024, true);
}
assert.ok(found.tool_memory_detail_list.some((item) => item.tool_value.includes("Booked for seven.")));
assert.equal(typeof found.preference_note, "string");

const others = await client.search(question({ user: { and: [{ agent_id: "other" }] } }));
assert.equal(others.memory_detail_list.length, 0);
console.log(process.env.PLUGIN ? "the plugin's own client" : "the plugin's contract");
