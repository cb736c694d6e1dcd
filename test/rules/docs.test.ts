// Nothing that exists is without a sentence: not an event, a call, a column, a tool, an option or an error.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldersWithErrors, listedErrors } from '../../scripts/errors-doc.ts';
import { callArguments } from '../../src/catalogue/arguments.ts';
import { calls } from '../../src/catalogue/calls.ts';
import { events } from '../../src/catalogue/events.ts';
import { kernelStructs } from '../../src/catalogue/kernel-structs.ts';
import { losses } from '../../src/catalogue/losses.ts';
import { rootKinds } from '../../src/catalogue/root-kinds.ts';
import { tables, views } from '../../src/catalogue/schema.ts';
import { commonOptions } from '../../src/cli/arguments.ts';
import { commands } from '../../src/cli/commands.ts';
import { argumentSchemas } from '../../src/serve/argument-schemas.ts';
import { tools } from '../../src/serve/tools.ts';
import { filesBelow, programFiles, projectFiles, root, textOf } from './source-files.ts';

const document = (name: string): string => textOf(`docs/generated/${name}`);

/** Fails for a name that does not stand in the text as code, and for an empty sentence. */
const covered = (text: string, entries: readonly (readonly [name: string, doc: string])[]): void => {
  assert.ok(entries.length > 0);
  assert.deepEqual(
    entries.filter(([name]) => !text.includes(`\`${name}\``)).map(([name]) => `${name} is not documented`),
    [],
  );
  assert.deepEqual(
    entries.filter(([, doc]) => doc.trim().length < 2).map(([name]) => `${name} says nothing`),
    [],
  );
};
/** Fails for a heading that is missing. */
const headed = (text: string, headings: readonly string[]): void =>
  assert.deepEqual(
    headings.filter((heading) => !new RegExp(`^#+ ${heading}$`, 'm').test(text)),
    [],
  );
const loaded = await Promise.all(Object.values(commands).map((load) => load()));

test('events and their fields', () => {
  const structs = [...Object.values(events), ...Object.values(kernelStructs)];
  const text = document('events.md');
  headed(
    text,
    Object.values(events).map(({ id, name }) => `${id} ${name}`),
  );
  headed(
    text,
    Object.values(kernelStructs).map(({ name }) => name),
  );
  for (const { doc, fields } of structs) {
    assert.ok(doc.length > 5);
    covered(
      text,
      fields.map((field) => [field.name, field.doc]),
    );
  }
});

test('calls and their arguments', () => {
  const text = document('calls.md');
  covered(
    text,
    calls.flatMap(({ op, role, aliases }) => [op, ...aliases].map((name) => [name, role] as const)),
  );
  const used = new Set(calls.flatMap(({ args }) => Object.keys(args)));
  covered(
    text,
    Object.entries(callArguments)
      .filter(([name]) => used.has(name))
      .map(([name, { doc }]) => [name, doc]),
  );
  assert.deepEqual([...used].sort(), Object.keys(callArguments).sort(), 'an argument that no call has');
});

test('losses and root kinds', () => {
  covered(
    document('losses.md'),
    Object.entries(losses).map(([name, { doc }]) => [name, doc]),
  );
  covered(document('tables.md'), Object.entries(rootKinds));
});

test('tables, views and columns', () => {
  const text = document('tables.md');
  const sections = text.split(/^### /m);
  for (const { name, doc, columns } of [...views, ...tables]) {
    const section = sections.find((part) => part.startsWith(`${name}\n`)) ?? '';
    assert.ok(doc.length > 5, `${name} says nothing`);
    covered(
      section,
      columns.map((column) => [column.name, column.doc]),
    );
  }
});

test('tools and their arguments', () => {
  const text = document('tools.md');
  headed(
    text,
    tools.map(({ name }) => name),
  );
  for (const tool of tools) {
    assert.ok(text.includes(tool.description.replace(/\s+/g, ' ')), `${tool.name} is described in other words`);
    const section = text.split(/^## /m).find((part) => part.startsWith(`${tool.name}\n`)) ?? '';
    const named = Object.entries(argumentSchemas(tool)).map(
      ([name, { description }]) => [name, String(description ?? '')] as const,
    );
    if (named.length > 0) covered(section, named);
  }
});

test('commands and their options', () => {
  const text = document('commands.md');
  headed(
    text,
    loaded.map(({ name }) => name),
  );
  for (const { name, options, about, summary, examples } of loaded) {
    const section = text.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? '';
    assert.ok(about.length > 20 && summary.length > 10 && examples.length > 0, `${name} needs words and an example`);
    for (const [option, { doc }] of Object.entries({ ...options, ...commonOptions })) {
      assert.ok(section.includes(`--${option.replaceAll('_', '-')}`), `${name} --${option} is not documented`);
      assert.ok(doc.length > 5, `${name} --${option} says nothing`);
    }
  }
});

test('errors', () => {
  covered(
    document('errors.md'),
    listedErrors().map(({ code, what }) => [code, what]),
  );
  const folders = new Set(listedErrors().map(({ folder }) => folder));
  assert.deepEqual([...folders].sort(), foldersWithErrors());
  // Also one that is declared beside the code that throws it.
  const declared = programFiles().flatMap((file) =>
    [...textOf(file).matchAll(/\bdefineError(?:<[^(]*>)?\(\s*'(\w+)'/g)].map((match) => match[1] ?? ''),
  );
  const listed = new Set(listedErrors().map(({ code }) => code));
  assert.deepEqual(
    declared.filter((code) => !listed.has(code)),
    [],
  );
});

test('every error says what, why and what to do, and one code means one thing', () => {
  const byCode = Map.groupBy(listedErrors(), ({ code }) => code);
  for (const [code, same] of byCode) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    const [first] = same;
    for (const { what, why, todo, exitCode } of same) {
      for (const words of [what, why, todo]) {
        assert.ok(words.length > 3, `${code} lacks words`);
        assert.doesNotMatch(words, /undefined|\[object|[.;]$|\n/, code);
      }
      assert.deepEqual([what, why, todo, exitCode], [first?.what, first?.why, first?.todo, first?.exitCode], code);
    }
  }
});

test('the README names every command, and its links lead somewhere', () => {
  const text = textOf('README.md');
  for (const { name } of loaded) assert.match(text, new RegExp(`whytrace ${name}\\b`), `${name} is not in the README`);
});

test('links between documents lead somewhere', () => {
  const files = projectFiles() ?? [...filesBelow('docs'), 'README.md', 'ARCHITECTURE.md'];
  const known = new Set(files);
  const dead = files
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      [...textOf(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const full = new URL(target, `file://${root}${path}`).pathname.slice(root.length);
        const isFolder = files.some((file) => file.startsWith(full.endsWith('/') ? full : `${full}/`));
        return known.has(full) || isFolder ? [] : [`${path} -> ${target}`];
      }),
    );
  assert.deepEqual(dead, []);
});
