// `whytrace ask`: any MCP tool from the shell. Its flags are the arguments of the tool.
import { auditOption } from '../audit-place.ts';
import type { Command, Details, OptionSpec } from '../command.ts';
import { errors } from '../errors.ts';
import { liveOf } from '../live.ts';
import { out, outJson, outStyle } from '../print.ts';
import { toolContext } from '../tool-context.ts';

const toolFiles = () => import('../../serve/tool-files.ts');

const optionOf = ({ type, description }: { type?: unknown; description?: unknown }): OptionSpec => ({
  type: type === 'boolean' ? 'flag' : 'text',
  value: type === 'integer' || type === 'number' ? 'N' : 'VALUE',
  doc: String(description ?? ''),
});

/** A flag's text as the value that the tool's schema wants. Text that is no number is left for the schema to refuse. */
const argumentValue = (text: string, type: unknown): string | number =>
  (type === 'integer' || type === 'number') && text.trim() !== '' && Number.isFinite(Number(text))
    ? Number(text)
    : text;

export const ask: Command = {
  name: 'ask',
  summary: 'ask any tool of the MCP server from the shell',
  usage: 'TOOL [--KEY VALUE]... [--db FILE] [--json]',
  about:
    "Calls one tool and shows its answer as text, or with --json as the tool's structured answer. The flags are the arguments of the tool: 'whytrace ask TOOL --help' lists them.",
  options: {
    db: { type: 'text', value: 'FILE', doc: 'recording to ask', default: './whytrace.db, or the newest one' },
    audit: { ...auditOption, doc: 'log that get_audit_log and the view mcp_calls read' },
    control: {
      type: 'text',
      value: 'PATH',
      doc: "ask the program at this socket about the running kernel: 'whytrace watch --serve'",
      default: 'with root this one asks the kernel, else /run/whytrace-live/live.sock',
    },
    json: { type: 'flag', doc: 'print the structured answer and nothing else' },
    list: { type: 'flag', doc: 'list the tools' },
  },
  details: async (argv): Promise<Details> => {
    const own = ['--db', '--audit', '--control'];
    const name = argv.find((word, i) => !word.startsWith('-') && !own.includes(argv[i - 1] ?? ''));
    if (name === undefined) return { options: {} };
    const tool = await (await toolFiles()).loadTool(name);
    const { argumentSchemas } = await import('../../serve/argument-schemas.ts');
    const options = Object.entries(argumentSchemas(tool)).map(([key, schema]) => [key, optionOf(schema)]);
    return { about: `${tool.name}: ${tool.description}`, options: Object.fromEntries(options) };
  },
  words: 1,
  examples: [
    { line: 'whytrace ask get_trace_stats --db run.db', doc: 'what is in run.db' },
    { line: "whytrace ask run_sql --query 'SELECT * FROM losses' --db run.db --json", doc: 'a query, for programs' },
  ],
  run: async (args) => {
    const { loadTool, loadTools, toolNames } = await toolFiles();
    if (args.flag('list')) {
      const listed = (await loadTools()).map(({ name, title, description }) => ({ name, title, description }));
      if (args.flag('json')) outJson({ tools: listed });
      else for (const { name, description } of listed) out(`${outStyle().bold(name)}\n  ${description}\n`);
      return 0;
    }
    const [name] = args.words;
    if (name === undefined) throw errors.missingTool({ known: toolNames });
    const tool = await loadTool(name);
    const { argumentSchemas } = await import('../../serve/argument-schemas.ts');
    const { SHELL_BUDGET } = await import('../../serve/tool.ts');
    const { withAlertsPending } = await import('../../serve/live/alerts-source.ts');
    const given = Object.entries(argumentSchemas(tool)).flatMap(([key, { type }]) => {
      const text = args.text(key);
      return text === undefined ? [] : [[key, type === 'boolean' ? true : argumentValue(text, type)]];
    });
    // A file that is named is asked, where the tool can answer from it.
    const isRecorded = args.text('db') !== undefined && tool.traits.live !== true;
    const live = isRecorded ? undefined : await liveOf(args.text('control'));
    const context = {
      ...toolContext(args.text('db'), SHELL_BUDGET, args.text('audit')),
      ...(live === undefined ? {} : { live: live.desk, liveState: live.state, pendingAlerts: live.pending }),
    };
    const answer = await tool
      .call(Object.fromEntries(given), context)
      .then((own) => withAlertsPending(own, context))
      .finally(live?.close);
    if (args.flag('json')) outJson(answer);
    else out((await import('../../serve/render/by-tool.ts')).renderTool(tool.name, answer, outStyle()));
    return 0;
  },
};
