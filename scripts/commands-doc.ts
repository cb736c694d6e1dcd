// docs/generated/commands.md: the help of every command, from their declarations.
import { markdownPage } from '../src/catalogue/derive/markdown.ts';
import { commands } from '../src/cli/commands.ts';
import { commandHelp, programHelp } from '../src/cli/help.ts';

const block = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\``;

export const commandsDoc = async (): Promise<string> => {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  return markdownPage('Commands', '`src/cli/commands/`', [
    'What `whytrace help` and `whytrace help COMMAND` print. Exit code 0 for success, 1 for a failure, 2 for wrong usage; an error is one line on stderr: what failed, why, what to do.',
    block(programHelp(all)),
    ...all.flatMap((command) => [`## ${command.name}`, block(commandHelp(command, { options: {} }))]),
  ]);
};
