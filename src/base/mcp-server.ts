// The shape of the answer to "which MCP servers are on this host?". Capture and analysis find out, serve hands it on.

export type McpServer = {
  readonly pid: number;
  readonly comm: string;
  readonly uid: number | null;
  readonly user: string | null;
  /** Without what looks like a secret. */
  readonly args: string;
  readonly package: string | null;
  readonly transport: 'stdio' | 'http' | 'unix' | 'unknown';
  /** Where it listens: HOST:PORT or the path of a socket. */
  readonly addresses: readonly string[];
  /** From its parent up. */
  readonly parents: readonly { readonly pid: number; readonly comm: string }[];
  /** The client that started it, where that is a known one. */
  readonly client: string | null;
  /** 0 to 1. */
  readonly confidence: number;
  readonly why: readonly string[];
  /** Whether it runs now, or was seen by the recorder. */
  readonly seen: 'running' | 'recorded';
};

export type McpServers = {
  readonly servers: readonly McpServer[];
  /** Processes whose descriptors could not be looked into: what they are is not known. */
  readonly unseen: number;
  /** Listeners that were asked whether they speak MCP; 0 without being told to. */
  readonly probed: number;
};
