// The C header of the kernel side, from the catalogue: event structs, ids, loss counters, the plan of a call.

import { NOT_READY } from '../call.ts';
import { CALL_IDS } from '../calls.ts';
import {
  CALL_WEIGHT_BITS,
  CALL_WEIGHT_SHIFT,
  callFlags,
  DROP_REASONS,
  events,
  fileTypes,
  HIJACKED_RETURNS,
  KEPT_WORDS,
  KERNEL_FRAMES,
  libraryHolds,
  momentKinds,
  offCpuFlags,
  PYTHON_CODES_KEPT,
  PYTHON_FORKED,
  PYTHON_FRAMES,
  PYTHON_PROCESSES,
  PYTHON_TABLE_PIECE,
  PYTHON_TABLE_PIECES,
  pythonPlaces,
  pythonStates,
  STACK_FRAMES,
  STACK_PIECE,
  STACK_REGISTERS,
  scopeKinds,
  stackReasons,
  wakerContexts,
} from '../events.ts';
import type { Field } from '../field.ts';
import { kernelStructs, LOST_EXPONENTS, pythonFrameStyles, type StructSpec } from '../kernel-structs.ts';
import { kinds } from '../kinds.ts';
import { LOSS_COUNTERS, type LossSpec, losses } from '../losses.ts';
import { HIGHEST_LEVEL, SHORT_WAIT, sheddingRules } from '../shedding.ts';
import { ARGUMENT_WORDS, MEMORY_SLOT, MEMORY_WORDS, NO_SLOT } from './call-plan.ts';

const member = ({ name, kind, length, doc }: Field) =>
  `\t${kinds[kind].c} ${name}${length === undefined ? '' : `[${length}]`}; /* ${doc} (${kinds[kind].unit}) */`;

const defines = (prefix: string, values: Readonly<Record<string, number>>) =>
  Object.entries(values).map(
    ([name, value]) => `#define WT_${prefix}_${name.replace(/([A-Z])/g, '_$1').toUpperCase()} ${value}`,
  );

const counters = Object.entries(losses).flatMap(([name, spec]: [string, LossSpec]) =>
  spec.counter === undefined ? [] : [[name, spec.counter]],
);

const structText = ({ name, doc, fields }: StructSpec) => [
  '',
  `/* ${doc} */`,
  `struct wt_${name} {`,
  ...fields.map(member),
  '};',
];

/** The text of bpf/events.gen.h. */
export const cHeader = (): string =>
  [
    '/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */',
    '/* Generated from src/catalogue by `npm run generate`. Do not edit. */',
    '#pragma once',
    '',
    `#define WT_KEPT_WORDS ${KEPT_WORDS}`,
    `#define WT_STACK_FRAMES ${STACK_FRAMES}`,
    `#define WT_KERNEL_FRAMES ${KERNEL_FRAMES}`,
    `#define WT_PYTHON_FRAMES ${PYTHON_FRAMES}`,
    `#define WT_PYTHON_TABLE_PIECE ${PYTHON_TABLE_PIECE}`,
    `#define WT_PYTHON_TABLE_PIECES ${PYTHON_TABLE_PIECES}`,
    `#define WT_PYTHON_CODES_KEPT ${PYTHON_CODES_KEPT}`,
    `#define WT_PYTHON_PROCESSES ${PYTHON_PROCESSES}`,
    `#define WT_PYTHON_FORKED ${PYTHON_FORKED}`,
    `#define WT_STACK_REGISTERS ${STACK_REGISTERS}`,
    `#define WT_STACK_PIECE ${STACK_PIECE}`,
    `#define WT_HIJACKED_RETURNS ${HIJACKED_RETURNS}`,
    `#define WT_CALL_WEIGHT_SHIFT ${CALL_WEIGHT_SHIFT}`,
    `#define WT_CALL_WEIGHT_BITS ${CALL_WEIGHT_BITS}`,
    `#define WT_SHORT_WAIT ${SHORT_WAIT}`,
    `#define WT_NOT_READY ${NOT_READY}`,
    `#define WT_FULL_KEEP_CALL ${sheddingRules.call.oneIn[HIGHEST_LEVEL] - 1}`,
    `#define WT_FULL_KEEP_WAIT ${sheddingRules.wait.oneIn[HIGHEST_LEVEL] - 1}`,
    `#define WT_CALL_IDS ${CALL_IDS}`,
    `#define WT_DROP_REASONS ${DROP_REASONS}`,
    `#define WT_ARGUMENT_WORDS ${ARGUMENT_WORDS}`,
    `#define WT_MEMORY_SLOT ${MEMORY_SLOT}`,
    `#define WT_MEMORY_WORDS ${MEMORY_WORDS}`,
    `#define WT_NO_SLOT ${NO_SLOT}`,
    '',
    ...defines('CALL', callFlags),
    ...defines('OFF_CPU', offCpuFlags),
    ...defines('WAKER', wakerContexts),
    ...defines('FILE', fileTypes),
    ...defines('SCOPE', scopeKinds),
    ...defines('MOMENT', momentKinds),
    ...defines('REASON', stackReasons),
    ...defines('HOLD', libraryHolds),
    ...defines('PYTHON', pythonStates),
    ...defines('PLACE', pythonPlaces),
    ...defines('FRAMES', pythonFrameStyles),
    '',
    ...defines('LOSS', Object.fromEntries(counters)),
    `#define WT_LOSS_COUNTERS ${LOSS_COUNTERS}`,
    '',
    `#define WT_LOST_EXPONENTS ${LOST_EXPONENTS}`,
    '/* Times are on CLOCK_MONOTONIC here; user space subtracts the start of the recording. */',
    ...Object.values(kernelStructs).flatMap(structText),
    '',
    "/* Keeps a struct in an object's type information, where a test compares it; loaders skip this section. */",
    '#define WT_KEEP(name) const struct wt_##name *wt_keep_##name __attribute__((section("wt_layout"), used));',
    '',
    '/* What to keep of one call: see src/catalogue/derive/call-plan.ts. */',
    'struct wt_call_plan {',
    '\t__u8 a[WT_KEPT_WORDS];',
    '\t__u8 b[WT_KEPT_WORDS];',
    '\t__u8 memory;',
    '\t__u8 stack;',
    '\t__u8 pointer_slot;',
    '\t__u8 pointer_returned;',
    '};',
    ...Object.values(events).flatMap((event) => [
      `#define WT_EVENT_${event.name.toUpperCase()} ${event.id}`,
      ...structText(event),
      `WT_KEEP(${event.name})`,
    ]),
    '',
  ].join('\n');
