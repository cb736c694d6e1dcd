// Messages of MCP: the real server answers what it owes an answer, whatever came before.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { malformedMessages } from '../../test/malformed-messages.ts';
import { scene } from '../../test/scene.ts';
import { sendOverSocket } from '../../test/send-malformed.ts';
import { holds, type Target } from '../target.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/whytrace', import.meta.url));
/** Messages that one input stands for. */
const EACH = 20;

const listening = async (child: ChildProcess): Promise<void> => {
  if (child.stderr === null) return;
  for await (const line of createInterface({ input: child.stderr })) if (/MCP at /.test(line)) break;
  child.stderr.resume();
};

/** An input is the seed of messages: these are made by rules of their own, which know what is owed for each. */
export const messages: Target = {
  name: 'messages',
  doc: 'messages to the MCP server',
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    const socket = join(folder, 'mcp.sock');
    const recording = scene();
    recording.process(5, 'python3');
    recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', 0, 1000);
    const server = spawn(LAUNCHER, ['mcp', '--db', recording.done(), '--socket', socket], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
    });
    await listening(server);
    return {
      sound: async () => {
        // Its opening and its last message are as they should be, and both are owed an answer.
        const { unanswered } = await sendOverSocket(socket, malformedMessages(1, 65_536), 1);
        holds(unanswered.join(), unanswered.length === 0);
      },
      seeds: [Buffer.from('seed'), Buffer.from('another')],
      check: async (input) => {
        const seed = input.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7);
        const { unanswered } = await sendOverSocket(socket, malformedMessages(seed, 65_536), EACH);
        if (unanswered.length > 0) throw new Error(`not answered: ${unanswered.slice(0, 3).join('\n')}`);
        if (server.exitCode !== null || server.signalCode !== null) throw new Error('the server has ended');
      },
      close: () => {
        server.kill('SIGKILL');
        recording.remove();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
