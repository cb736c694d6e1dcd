// Dispatch: which command, its options, the exit code, and errors as one line. Holds no work of its own.
import { nearest } from '../base/nearest.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { errors } from './errors.ts';
import { commandHelp, programHelp } from './help.ts';
import { err, leaveWhenUnread, out } from './print.ts';
import { reportOf } from './report.ts';
import { VERSION } from './version.ts';

const table: ReadonlyMap<string, () => Promise<Command>> = new Map(Object.entries(commands));

const loadCommand = async (name: string): Promise<Command> => {
  const load = table.get(name);
  if (load === undefined) throw errors.unknownCommand({ name, near: nearest(name, [...table.keys()]) });
  return load();
};

const loadAll = () => Promise.all([...table.values()].map((load) => load()));

const run = async ([first, ...others]: readonly string[]): Promise<number> => {
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && others.length === 0)) {
    const help = programHelp(await loadAll());
    if (first !== undefined) out(help);
    else err(help);
    return first === undefined ? 2 : 0;
  }
  if (first === '--version' || first === '-V') {
    out(`whytrace ${VERSION}\n`);
    return 0;
  }
  const [name, argv] = first === 'help' ? [others[0] ?? '', [...others.slice(1), '--help']] : [first, others];
  const command = await loadCommand(name);
  const details = (await command.details?.(argv)) ?? { options: {} };
  const args = parseArguments({ ...command, options: { ...details.options, ...command.options } }, argv);
  if (args.flag('help')) {
    out(commandHelp(command, details));
    return 0;
  }
  return command.run(args);
};

const fail = (thrown: unknown): number => {
  const { text, exitCode } = reportOf(thrown, process.env.WHYTRACE_DEBUG === '1');
  err(text);
  return exitCode;
};

leaveWhenUnread();
// Not process.exit: what was written to a pipe must arrive, and a server goes on.
process.exitCode = await run(process.argv.slice(2)).catch(fail);
