// Arguments with which a test can call any tool on any recording: of tools that cannot do without some. For tests only.

const needed: Readonly<Record<string, Record<string, unknown>>> = {
  run_sql: { query: 'SELECT * FROM calls' },
  explain_event: { event_id: 'calls:1' },
};

/** Arguments that a tool of that name cannot do without; none for most. */
export const toolArguments = (name: string): Record<string, unknown> => needed[name] ?? {};
