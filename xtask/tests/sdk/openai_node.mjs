// Drives the official `openai` package of Node: MODE BASE_URL, where MODE is plain, stream, many or stopped.

import assert from 'node:assert';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.TIDEGATE_SDK_NODE_MODULES}/`);
const { OpenAI } = require('openai');

const [mode, baseURL] = process.argv.slice(2);
const CALLS = 200;
const CALL = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'What does the tide do?' }],
  max_tokens: 32,
};
const client = new OpenAI({ apiKey: 'test', baseURL, maxRetries: 0 });

const modes = {
  async plain() {
    const answer = await client.chat.completions.create(CALL);
    assert(answer.choices[0].message.content);
    assert(answer.usage.completion_tokens > 0);
    return 1;
  },

  async stream() {
    let text = '';
    let usage = null;
    const options = { ...CALL, stream: true, stream_options: { include_usage: true } };
    for await (const chunk of await client.chat.completions.create(options)) {
      text += chunk.choices[0]?.delta?.content ?? '';
      usage = chunk.usage ?? usage;
    }
    assert(text, 'the stream brought no text');
    assert(usage?.completion_tokens > 0);
    return 1;
  },

  async many() {
    const calls = Array.from({ length: CALLS }, () => client.chat.completions.create(CALL));
    const answers = await Promise.all(calls);
    return answers.filter((answer) => answer.choices[0].message.content).length;
  },

  // Five calls, each with the package's own retries, none of which is answered.
  async stopped() {
    const usual = new OpenAI({ apiKey: 'test', baseURL });
    for (let call = 0; call < 5; call += 1) {
      await assert.rejects(usual.chat.completions.create(CALL), OpenAI.APIError);
    }
    return 0;
  },
};

console.log(`answered ${await modes[mode]()}`);
