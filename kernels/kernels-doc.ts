// docs/kernels.md: what works on which kernel, from what the last runs of the kernel tests found there.

import { OLDEST_KERNEL } from '../src/capture/kernel-version.ts';
import { abilities } from '../src/catalogue/abilities.ts';
import { code, markdownPage, markdownTable } from '../src/catalogue/derive/markdown.ts';
import { leftOut, nameOfFile, testsLeftOut } from './plan.ts';
import { judge, type TargetResult } from './results.ts';
import { machines, targets } from './targets.ts';

const outcomeOf = (result: TargetResult): string => {
  const { passed, skipped, expected, unexpected } = judge(result);
  const parts = [
    `${passed} passed`,
    skipped > 0 ? `${skipped} skipped` : '',
    expected.length > 0 ? `${expected.length} fail as expected` : '',
    unexpected.length > 0 ? `**${unexpected.length} failed or not reached**` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
};

const summary = (results: readonly TargetResult[]): string =>
  markdownTable(
    ['kernel', 'machine', 'version tested', 'kernel tests'],
    targets.map(({ name, machine, supported }) => {
      const result = results.find(({ target }) => target === name);
      const found = result === undefined ? 'not run yet' : outcomeOf(result);
      const what = supported ? found : `not supported: it says that it needs ${OLDEST_KERNEL} (${found})`;
      return [name, machines[machine].debian, result?.kernel ?? '', what];
    }),
  );

/** For each file and kernel: how many of its tests passed. */
const byFile = (results: readonly TargetResult[]): readonly string[] => {
  const supported = results.filter(({ target }) => targets.find(({ name }) => name === target)?.supported);
  const files = [...new Set(supported.flatMap(({ tests }) => tests.map(({ file }) => file)))];
  if (files.length === 0) return [];
  const table = markdownTable(
    ['kernel tests', ...supported.map(({ target }) => target)],
    files.map((file) => [
      code(nameOfFile(file)),
      ...supported.map(({ tests }) => {
        const own = tests.filter((each) => each.file === file && each.outcome !== 'skipped');
        const passed = own.filter(({ outcome }) => outcome === 'passed').length;
        return own.length === 0 ? 'skipped' : `${passed} of ${own.length}`;
      }),
    ]),
  );
  return ['## What passes where', 'Tests that passed, of those that could run.', table];
};

type Row = readonly string[];
const allRows = (results: readonly TargetResult[], rows: (result: TargetResult) => readonly Row[]): readonly Row[] =>
  results.flatMap((result) => rows(result).map((row) => [result.target, ...row]));

/** A section, unless it would be empty. */
const section = (heading: string, text: string, rows: readonly Row[]): readonly string[] =>
  rows.length === 0 ? [] : [`## ${heading}`, text, markdownTable(['kernel', 'file', 'test', 'why'], rows)];

/** The document, from the results that were kept. */
export const kernelsDoc = (results: readonly TargetResult[]): string =>
  markdownPage('Kernels', '`kernels/results.json`, which `npm run test:kernels` writes,', [
    `The kernel tests, in real kernels of Debian that boot in QEMU by software emulation, with two CPUs. Counts and fields are held
against the truth there, times are not.`,
    summary(results),
    `Needed is Linux ${OLDEST_KERNEL} with BTF, on x86-64 or arm64. What newer kernels add, and what is had without it:`,
    markdownTable(
      ['since', 'what', 'without it'],
      Object.entries(abilities).map(([name, { since, why, without }]) => [since, `${code(name)}: ${why}`, without]),
    ),
    `With ${code(`WHYTRACE_WITHOUT=${Object.keys(abilities).slice(0, 2).join()}`)} a kernel does without these, so that one machine
stands in for an older one; tests use it.`,
    ...byFile(results),
    ...section(
      'Expected',
      'What fails on a kernel for a reason of its own.',
      allRows(results, (result) =>
        judge(result).expected.map(({ file, name, reason }) => [nameOfFile(file), name, reason]),
      ),
    ),
    ...section(
      'Open',
      'What failed, or was not reached, and has no explanation yet.',
      allRows(results, (result) =>
        judge(result).unexpected.map(({ file, name, why }) => [nameOfFile(file), name, why]),
      ),
    ),
    ...section(
      'Skipped',
      'What a kernel, or the small system around it, lacks.',
      allRows(results, ({ tests }) =>
        tests.flatMap(({ file, name, outcome, why }) => (outcome === 'skipped' ? [[nameOfFile(file), name, why]] : [])),
      ),
    ),
    '## Not run in an emulator',
    markdownTable(
      ['what', 'why'],
      [
        ...Object.entries(leftOut).map(([file, why]) => [code(file), why]),
        ...Object.entries(testsLeftOut).flatMap(([file, tests]) =>
          Object.entries(tests).map(([name, why]) => [`${code(file)}: ${name}`, why]),
        ),
      ],
    ),
  ]);
