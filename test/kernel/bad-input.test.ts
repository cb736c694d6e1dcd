// What `record` and `doctor` say when something is wrong: one clear line, the right exit code, and no file touched that
// is not theirs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import {
  compileProgram,
  freshFolder,
  here,
  lab,
  look,
  type Owner,
  record,
  start,
  startRecorder,
  until,
  untilRecording,
  WHYTRACE,
} from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { json, linesOf } from './truth.ts';

const NOBODY = 65534;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const withoutCapabilities = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];

const run = ([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 20_000 * SLOWNESS });

/** Runs `record` and expects it to fail with one line that has the three parts. */
const refuses = (path: string, args: readonly string[], words: RegExp, prefix: readonly string[] = []) => {
  const { status, stderr, stdout } = run([...prefix, WHYTRACE, 'record', '-o', path, ...args]);
  assert.equal(stdout, '');
  assert.match(stderr, words);
  assert.match(stderr, /^whytrace: cannot [^\n]+: [^\n]+; [^\n]+\n$/, 'one line: what, why, what to do');
  assert.equal(status, 1);
};

test('what cannot be traced', here, async (t) => {
  const folder = freshFolder(t);
  const path = join(folder, 'run.db');
  const older = await startRecorder(t, path, ['--', 'true']).ended;
  assert.equal(older.code, 0);
  const before = statSync(path).ino;
  refuses(path, ['--', join(folder, 'none')], /cannot start .*none: there is no such program/);
  refuses(path, ['--', 'whytrace-no-such-program'], /cannot start whytrace-no-such-program: there is no such program/);
  refuses(path, ['--', folder], /it is not a file/);
  refuses(path, ['--', '/etc/passwd'], /it may not be executed/);
  refuses(path, ['-p', '4194304'], /cannot trace pid 4194304: there is no such process/);
  assert.equal(statSync(path).ino, before, 'the older recording is where it was');
  for (const args of [['-p', 'x'], ['--duration', 'x'], ['--'], ['--no-such-option'], ['word']]) {
    const { status, stderr } = run([WHYTRACE, 'record', '-o', path, ...args]);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, /^whytrace: [^\n]+\n$/);
  }
});

test('where nothing can be written', here, (t) => {
  const folder = freshFolder(t);
  const refusesPath = (path: string, words: RegExp) => refuses(path, ['--', 'true'], words);
  refusesPath(join(folder, 'none', 'x.db'), /no such file or directory/);
  refusesPath(folder, /it is not a file/);
  refusesPath('/dev/null', /it is not a file/);
  refusesPath('/proc/x.db', /cannot write \/proc\/x\.db: (?!the disk is full)/);
  const foreign: Readonly<Record<string, string | undefined>> = {
    'notes.txt': 'mine\n',
    empty: '',
    'other.db': undefined,
  };
  for (const [name, content] of Object.entries(foreign)) {
    const path = join(folder, name);
    if (content === undefined) new DatabaseSync(path).exec('CREATE TABLE mine (a); PRAGMA user_version = 7');
    else writeFileSync(path, content);
    const bytes = readFileSync(path);
    refusesPath(path, /is not a whytrace recording, so it is not replaced/);
    assert.deepEqual(readFileSync(path), bytes);
  }
  assert.deepEqual(readdirSync(folder).sort(), ['empty', 'notes.txt', 'other.db']);
});

test('a second recorder on the same file', here, async (t) => {
  const path = join(freshFolder(t), 'run.db');
  const both = ['sleep', '0.6'];
  const pair = [0, 1].map(() => startRecorder(t, path, ['--', ...both]));
  const ends = await Promise.all(pair.map(({ ended }) => ended));
  const [winner, loser] = ends[0]?.code === 0 ? ends : ends.toReversed();
  assert.equal(winner?.code, 0, `one of two that start together: ${ends.map(({ stderr }) => stderr)}`);
  assert.equal(loser?.code, 1);
  assert.match(
    loser?.stderr ?? '',
    /^whytrace: cannot write [^\n]+: (another recording into it has just begun|whytrace with pid \d+ is recording into it); [^\n]+\n$/,
  );

  const recorder = startRecorder(t, path, ['--', 'sleep', '8']);
  await until('it has made way', () => existsSync(`${path}.old`));
  await untilRecording(path);
  refuses(path, ['--', 'true'], new RegExp(`whytrace with pid ${recorder.pid} is recording into it`));
  recorder.killGroup('SIGINT');
  await recorder.ended;
  assert.equal(look(t, path).recording.state, 'complete');
});

const mayMount = run(['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

test('a full disk', { ...here, skip: here.skip || (mayMount ? false : 'needs a mount namespace') }, async (t) => {
  const folder = freshFolder(t);
  mkdirSync(join(folder, 'disk'));
  /** Runs shell lines where `disk` is a file system of so many bytes that nobody else sees. */
  const onDisk = (size: string, script: string) =>
    start(t, 'unshare', ['-m', 'sh', '-c', `mount -t tmpfs -o size=${size} none disk && ${script}`], { cwd: folder })
      .ended;
  const [{ stdout, stderr }, small] = await Promise.all([
    onDisk(
      '30m',
      `{ until [ $(stat -c %s disk/run.db-wal 2>/dev/null || echo 0) -gt 2000000 ]; do sleep 0.05; done; dd if=/dev/zero of=disk/fill bs=4k 2>/dev/null; } &
     "${WHYTRACE}" record -o disk/run.db -- "${lab('storm')}" --ms 2500 --rate 50000 >/dev/null; echo code $?
     "${WHYTRACE}" explain disk/run.db >/dev/null && echo explained; cp disk/run.db* .`,
    ),
    // A disk of its own, at the same time.
    onDisk('2m', `exec "${WHYTRACE}" record -o disk/run.db -- true`),
  ]);
  assert.match(stdout, /^code 1\nexplained\n$/);
  assert.match(stderr, /^whytrace: cannot go on writing disk\/run\.db: database or disk is full; [^\n]+$/m);
  const seen = look(t, join(folder, 'run.db'));
  assert.equal(seen.recording.state, 'cut');
  assert.ok(seen.calls().length > 1000, 'what was committed is there');
  assert.equal(small.code, 1);
  assert.match(small.stderr, /^whytrace: cannot write disk\/run\.db: the disk is full; [^\n]+\n$/);
});

/** Why a test cannot run as another user: a checkout that only root can enter, or no setpriv. */
const noOther =
  run([...asNobody, WHYTRACE, '--version']).status === 0 ? false : 'another user cannot run this checkout';

test('without privileges', here, async (t) => {
  const folder = freshFolder(t);
  await t.test('as another user', { skip: noOther }, () => {
    refuses('/tmp/whytrace-none.db', ['--', 'true'], /needs root, or the capabilities/, asNobody);
    assert.ok(!existsSync('/tmp/whytrace-none.db'));
  });
  await t.test('as a root without capabilities, such as in a container', () => {
    refuses(join(folder, 'x.db'), ['--', 'true'], /needs root, or the capabilities/, withoutCapabilities);
    assert.ok(!existsSync(join(folder, 'x.db')));
  });
});

test('under sudo the program and the file belong to the user who called it', here, async (t) => {
  const owned = (owner: Owner, uid: number) => {
    const folder = freshFolder(owner);
    chownSync(folder, uid, uid);
    return folder;
  };
  // One user that the system knows, and one that it does not.
  for (const uid of [NOBODY, 54321]) {
    const env = { SUDO_UID: String(uid), SUDO_GID: String(uid), SUDO_USER: 'someone', SUDO_COMMAND: 'x' };
    const folder = owned(t, uid);
    const path = join(folder, 'run.db');
    const words = 'id -u; id -g; id -G; echo "$SUDO_UID"; touch made; ls -l /proc/self/fd >/dev/null';
    const { code, stdout, stderr } = await startRecorder(t, path, ['--', 'sh', '-c', words], { env, cwd: folder })
      .ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      stdout.trimEnd().split('\n').slice(0, 4),
      [`${uid}`, `${uid}`, `${uid}`, ''].slice(0, stdout.trimEnd().split('\n').length),
    );
    for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).uid, uid, name);
    const seen = look(t, path);
    assert.equal(seen.count("SELECT count(*) AS n FROM processes WHERE comm = 'sh' AND uid = ?", uid), 1);
  }
});

test('doctor', here, async (t) => {
  const ask = (prefix: readonly string[] = []) => {
    const { status, stdout, stderr } = run([...prefix, WHYTRACE, 'doctor', '--json']);
    assert.equal(stderr, '');
    const parsed: unknown = JSON.parse(stdout);
    const { ok, checks, libraries, ...more } = json(parsed);
    assert.deepEqual(more, {});
    assert.ok(Array.isArray(checks) && Array.isArray(libraries));
    for (const library of libraries) assert.deepEqual(Object.keys(json(library)).sort(), ['path', 'sites']);
    const rows = checks.map((check) => json(check));
    for (const row of rows) {
      assert.deepEqual(Object.keys(row).sort(), ['name', 'ok', 'required', 'todo', 'what', 'why']);
      assert.ok(
        row.ok === true ? row.todo === '' : row.todo !== '',
        `a remedy for what is missing: ${JSON.stringify(row)}`,
      );
    }
    assert.equal(
      ok,
      rows.every((row) => row.ok === true || row.required === false),
    );
    assert.equal(status, ok === true ? 0 : 1);
    return { ok, missing: rows.filter((row) => row.ok === false && row.required === true).map(({ name }) => name) };
  };
  assert.deepEqual(ask(), { ok: true, missing: [] });
  assert.deepEqual(ask(withoutCapabilities), { ok: false, missing: ['privileges'] });
  await t.test('in words', () => {
    const { stdout, status } = run([WHYTRACE, 'doctor']);
    assert.match(stdout, /^ok +kernel +Linux /);
    assert.match(stdout, /\nThis machine can record\.\n$/);
    assert.equal(status, 0);
    assert.match(
      run([...withoutCapabilities, WHYTRACE, 'doctor']).stdout,
      /^MISSING +privileges .*\n.*run it with sudo\n/m,
    );
  });
  await t.test('as another user', { skip: noOther }, () => {
    assert.deepEqual(ask(asNobody), { ok: false, missing: ['privileges'] });
  });
  await t.test('names the CUDA programs that run now', async (t) => {
    const late = compileProgram(freshFolder(t), 'late', { flags: ['-ldl'] });
    const program = start(t, late, ['wait', `+${join(lab('libcudart.so.12'))}`, '1']);
    await until('it has loaded the library', () => program.stdout().includes('loaded'));
    const { stdout } = run([WHYTRACE, 'doctor', '--json']);
    const { checks } = json(linesOf(stdout.replaceAll('\n', ''))[0]);
    const targets = Array.isArray(checks)
      ? checks.map((check) => json(check)).find(({ name }) => name === 'targets')
      : undefined;
    assert.equal(targets?.ok, true);
    assert.match(String(targets?.what), /CUDA programs running: /);
  });
});

test('recording leaves other programs alone', here, async (t) => {
  const late = compileProgram(freshFolder(t), 'late', { flags: ['-ldl'] });
  const other = start(t, late, ['wait', `+${lab('libcudart.so.12')}`, '1000']);
  await until('it has loaded the library', () => other.stdout().includes('loaded'));
  const recorded = record(t, ['--', 'sh', '-c', `sleep 0.3; ${lab('counted')} >/dev/null`]);
  other.write('go\n');
  assert.deepEqual((await other.ended).stdout, 'loaded\n{"made":1000}\n');
  const { calls, rows } = await recorded;
  assert.ok(!calls().some(({ pid }) => pid === other.pid));
  assert.deepEqual(rows('SELECT pid FROM processes WHERE pid = ? AND tracked = 1', other.pid), []);
});
