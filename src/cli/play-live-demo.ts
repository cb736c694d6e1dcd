// Plays an incident and watches the running kernel meanwhile; prints what was seen in plain words, each alert with its evidence.
import { spawnSync } from 'node:child_process';
import type { Alert } from '../base/alert.ts';
import { messageOf, UserError } from '../base/errors.ts';
import type { LiveDesk, Proof } from '../base/live-desk.ts';
import { quotedName } from '../base/quote.ts';
import { type Actor, startActor } from './actor.ts';
import { errors } from './errors.ts';
import { eventLine, timeOfDay } from './event-line.ts';
import type { LiveDemo } from './live-demos.ts';
import { err, out, outStyle } from './print.ts';

/** How long alerts may take after the last act. */
const PATIENCE_MS = 3000;
const INTERRUPTED = 130;
const MOST_EVIDENCE = 3;
const PATH = 120;

const valueText = (value: number | string | null): string =>
  value === null ? '?' : typeof value === 'number' ? String(value) : quotedName(value, PATH);
const whoText = ({ comm, pid, exe }: NonNullable<Alert['process']>): string =>
  `${quotedName(comm, PATH)} (${pid}${exe === undefined ? '' : `, ${quotedName(exe, PATH)}`})`;
const durationText = (ms: number): string => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** An alert as lines: what, who, from whom, what was seen, the events that prove it, and why it may be harmless. */
const alertLines = (alert: Alert, { events }: Proof, unixStartMs: number): readonly string[] => {
  const { process, ancestry = [], facts, technique } = alert;
  const seen = Object.entries(facts).map(([name, value]) => `${name} ${valueText(value)}`);
  const rows = events.slice(0, MOST_EVIDENCE).map((event) => eventLine(event, event.event, unixStartMs));
  return [
    `${timeOfDay(alert.time, unixStartMs)} ${alert.severity.toUpperCase()} ${alert.rule}: ${alert.title}`,
    `  who       ${process === undefined ? 'cannot be proven' : whoText(process)}`,
    ...(ancestry.length > 0 ? [`  from      ${ancestry.slice(0, 3).map(whoText).join(' < ')}`] : []),
    ...(seen.length > 0 ? [`  seen      ${seen.join(', ')}`] : []),
    ...rows.map((row) => `  evidence  ${row}`),
    ...(alert.count > 1 ? [`  times     ${alert.count}`] : []),
    ...(technique === undefined ? [] : [`  ATT&CK    ${technique}`]),
    `  harmless? ${alert.benign}`,
  ];
};

/** The alerts about what the demo did, worst first as they came; waits until each of its rules has one. */
const alertsOf = async (desk: LiveDesk, demo: LiveDemo, pid: number): Promise<readonly Alert[]> => {
  const isOurs = ({ process, ancestry = [], facts }: Alert): boolean =>
    demo.addresses === undefined
      ? process?.pid === pid || ancestry.some((parent) => parent.pid === pid)
      : Object.values(facts).some((value) => typeof value === 'string' && value.startsWith(demo.addresses ?? ''));
  const end = performance.now() + PATIENCE_MS;
  for (let last = 0; ; ) {
    const { alerts, last_id } = await desk.alerts({ after: 0, least: 'info', waitMs: 0 });
    const ours = alerts.filter((alert) => demo.rules.includes(alert.rule) && isOurs(alert));
    const left = end - performance.now();
    if (demo.rules.every((rule) => ours.some((alert) => alert.rule === rule)) || left <= 0) return ours;
    last = Math.max(last, last_id);
    await desk.alerts({ after: last, least: 'info', waitMs: left });
  }
};

const showHealth = async (desk: LiveDesk): Promise<void> => {
  const { getNetworkHealth } = await import('../serve/tools/get-network-health.ts');
  const { renderTool } = await import('../serve/render/by-tool.ts');
  const { SHELL_BUDGET } = await import('../serve/tool.ts');
  const { toolContext } = await import('./tool-context.ts');
  const answer = await getNetworkHealth.call({}, { ...toolContext(undefined, SHELL_BUDGET), live: async () => desk });
  out(`\n${outStyle().bold('And get_network_health, as an agent is answered:')}\n`);
  out(renderTool(getNetworkHealth.name, answer, outStyle()));
};

const requirePrograms = (name: string, needs: readonly string[]): void => {
  for (const program of ['python3', ...needs])
    if (spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status !== 0)
      throw errors.demoNeeds({ name, program });
};

/** Plays it. Returns the exit code. Throws a UserError when this user or machine cannot. */
export const playLiveDemo = async (name: string, demo: LiveDemo): Promise<number> => {
  const { requirePrivileges } = await import('../capture/capture.ts');
  requirePrivileges();
  requirePrograms(name, demo.needs);
  const { startClock } = await import('../capture/clock.ts');
  const { openDesk } = await import('../live/desk.ts');
  const { bold } = outStyle();
  out(`${demo.story}\nwhytrace watches the kernel meanwhile; this takes some seconds.\n\n`);

  const stop = Promise.withResolvers<'interrupted'>();
  const interrupt = () => stop.resolve('interrupted');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const clock = startClock();
  const unixStartMs = Number(BigInt(clock.unixStart) / 1_000_000n);
  const desk = openDesk(clock);
  let actor: Actor | undefined;
  try {
    await desk.startWatches();
    actor = await startActor(demo.script);
    out(`${bold('What was done:')}\n`);
    for (const { name: act, words } of demo.acts) {
      const began = performance.now();
      const said = await Promise.race([actor.act(act), stop.promise]);
      if (said === 'interrupted') return INTERRUPTED;
      out(`  ${words}: ${said === '' ? durationText(performance.now() - began) : quotedName(said, PATH)}\n`);
    }
    const alerts = await alertsOf(desk, demo, actor.pid);
    out(`\n${bold('What the kernel told of it:')}\n`);
    for (const alert of alerts) out(`${alertLines(alert, await desk.proof(alert.id), unixStartMs).join('\n')}\n`);
    if (demo.asks === 'get_network_health') await showHealth(desk);
    out(`\n${demo.moral}\n\nWatch this machine: sudo whytrace watch --line; for agents: sudo whytrace mcp --live\n`);
    const missed = demo.rules.filter((rule) => alerts.every((alert) => alert.rule !== rule));
    if (missed.length > 0) err(`whytrace: no alert came of ${missed.join(', ')}\n`);
    return missed.length > 0 ? 1 : 0;
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    throw errors.demoFailed({ command: `${demo.script}: ${messageOf(thrown)}`, code: 1 });
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt);
    await actor?.end();
    await desk.stop();
  }
};
