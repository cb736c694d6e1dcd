// Pieces of Markdown that the reference documents consist of. Must not know what they are about.

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

/** A table; a row shorter than the head is filled up with empty cells. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows.map((row) => head.map((_, i) => row[i] ?? ''))]
    .map((row) => `| ${row.map(cell).join(' | ')} |`)
    .join('\n');

/** A name as it is written in code. */
export const code = (name: string | number): string => `\`${name}\``;

/** A document of the folder docs/generated: a title, where it comes from, and sections a blank line apart. */
export const markdownPage = (title: string, source: string, sections: readonly string[]): string =>
  [`# ${title}`, `Generated from ${source} by \`npm run generate\`. Do not edit.`, ...sections]
    .join('\n\n')
    .concat('\n');
