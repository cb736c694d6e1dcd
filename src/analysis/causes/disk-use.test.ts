import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../../test/recorded.ts';
import { attribute } from '../walk.ts';
import { diskUseText } from './disk-use.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const writer = { pid: 300, tid: 301, comm: 'writer' };
const other = { pid: 400, tid: 400, comm: 'backup' };
const window = { start_ns: 0, end_ns: 1000 };

const request = (scene: Scene, of: typeof victim, issued: number, completed: number, device = 254 << 20) =>
  scene.writer.waits.blockRequest({
    ...{ start: issued, queued: issued - 1, issued, completed, device, sector: 8, bytes: 4096, op: 1, error: 0 },
    thread: scene.writer.threadId(of.pid, of.tid, of.comm),
  });

/** What is said of a wait of the victim for its own request, beside these. */
const textBeside = (build: (scene: Scene) => void, facts = {}) =>
  recorded(
    (scene) => {
      build(scene);
      const own = request(scene, victim, 1, 1000);
      scene.wait(victim, 0, 1000, { syscall: 'fsync', file_type: 4, state: 2, waker_context: 5, request: own });
    },
    (recording) => {
      const [part] = attribute(recording, { ...victim, op: '', role: '' }, window).parts;
      return part === undefined ? undefined : diskUseText(recording, part, part, [window]);
    },
    facts,
  );

test('the process that had the disk longest meanwhile is told, requests at the same time counted once', () => {
  const text = textBeside((scene) => {
    request(scene, writer, 100, 500);
    request(scene, writer, 300, 700);
    request(scene, other, 0, 300);
    request(scene, other, 0, 1000, 8 << 20);
  });
  assert.equal(text, ', which worked for writer (pid 300) 60 % of the time');
});

test('little use, its own and that of the recorder are not told', () => {
  assert.equal(
    textBeside((scene) => void request(scene, writer, 100, 200)),
    '',
  );
  assert.equal(
    textBeside(() => undefined),
    '',
  );
  assert.equal(
    textBeside((scene) => void request(scene, writer, 100, 900), { recorder_pid: writer.pid }),
    '',
  );
});
