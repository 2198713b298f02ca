// What the OpenClaw cloud plugin does around a turn: one search before it, one addition after it. With
// the plugin's own client where it can be installed (PLUGIN names its module), else with the few lines
// that its contract amounts to: a key in the header, 5 s, one retry of the same bytes.

import assert from "node:assert/strict";

const url = process.env.MEMOS_URL;

async function theirs(module) {
  const plugin = await import(module);
  const config = plugin.buildConfig({ baseUrl: url, apiKey: "any-key" });
  return {
    search: async (payload) => plugin.extractResultData(await plugin.searchMemory(config, payload)),
    add: (payload) => plugin.addMessage(config, payload),
    // What the plugin puts before the prompt.
    injected: (answer) => plugin.formatRecallHookResult({ data: answer })?.prependContext ?? "",
  };
}

function ours() {
  const call = async (path, payload) => {
    let last;
    for (let attempt = 0; attempt <= 1; attempt += 1) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 100));
      try {
        const answer = await fetch(`${url}${path}`, {
          method: "POST",
          headers: { "Content-Type": "application/json", Authorization: "Token any-key" },
          body: JSON.stringify(payload),
          signal: AbortSignal.timeout(5000),
        });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`);
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

// The turn of an agent that is not the main one: the main agent sends no agent_id.
const turn = {
  user_id: "openclaw-user",
  conversation_id: "agent:research:main",
  messages: [
    { role: "user", content: "Book me the ferry to Naxos. I prefer window seats." },
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
  agent_id: "research",
  app_id: "app",
  tags: ["openclaw"],
  info: { source: "openclaw_linux", sessionKey: "agent:research:main", agentId: "research" },
  allow_public: false,
  async_mode: true,
};
const question = (query, more) => ({
  user_id: "openclaw-user",
  query,
  source: "openclaw_linux",
  memory_limit_number: 9,
  include_preference: true,
  preference_limit_number: 6,
  include_tool_memory: false,
  tool_memory_limit_number: 6,
  relativity: 0.45,
  ...more,
});
const of_agent = (name) => ({ filter: { user: { and: [{ agent_id: name }] } } });
const ferry = "When is the ferry to Naxos booked for?";
const values = (answer) => answer.memory_detail_list.map((item) => item.memory_value);

// What other clients of the service check before they read an answer.
const in_shape = (answer) => {
  for (const list of ["memory_detail_list", "preference_detail_list", "tool_memory_detail_list"]) {
    assert.ok(answer[list] === undefined || Array.isArray(answer[list]), list);
  }
  assert.equal(typeof answer.preference_note, "string");
  return answer;
};

const first = await client.add(turn);
const again = await client.add(turn);
assert.equal(first.data.success, true);
assert.equal(again.data.task_id, first.data.task_id, "a retry adds nothing");

const found = in_shape(
  await client.search(question(ferry, { ...of_agent("research"), include_tool_memory: true })),
);
const texts = values(found);
assert.ok(texts.includes("The ferry to Naxos is booked for seven."), texts.join("\n"));
assert.equal(new Set(texts).size, texts.length);
for (const item of found.memory_detail_list) {
  assert.ok(item.relativity > 0.45 && item.relativity <= 1);
  assert.equal(new Date(item.update_time).getFullYear() >= 2024, true);
}
assert.ok(found.tool_memory_detail_list.some((item) => item.tool_value.includes("Booked for seven.")));

// Without tools, and for the main agent, which filters nothing.
const main = in_shape(await client.search(question(ferry)));
assert.ok(values(main).includes("The ferry to Naxos is booked for seven."));
if (client.injected) assert.ok(client.injected(main).includes("booked for seven"));

const others = in_shape(await client.search(question(ferry, of_agent("other"))));
assert.equal(others.memory_detail_list.length, 0);

// What is derived from an agent's turn is the agent's. A minute passes before a session is organised,
// so this asks for the work to be done now.
const work = new URL("/product/scheduler/wait", url);
work.search = new URLSearchParams({ user_name: turn.user_id, timeout_seconds: "60" });
const worked = await fetch(work, { method: "POST" });
assert.ok(worked.ok, `HTTP ${worked.status}: ${await worked.text()}`);
const seats = await client.search(question("Which seats do I like?", of_agent("research")));
const preferences = in_shape(seats).preference_detail_list;
assert.ok(preferences.some((item) => item.preference.includes("window seats")), "no preference");
assert.equal(preferences[0].conversation_id, "agent:research:main");

// A message cut in the middle of an emoji.
await client.add({ ...turn, messages: [{ role: "user", content: "The quay is number 4 \ud83d" }] });
const quay = await client.search(question("Which quay? \ud83d", of_agent("research")));
assert.ok(values(quay).some((text) => text.includes("number 4")), values(quay).join("\n"));
console.log(process.env.PLUGIN ? "the plugin's own client" : "the plugin's contract");
