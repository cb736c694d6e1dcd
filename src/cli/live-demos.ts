// The incidents that `demo` makes and watches in the running kernel, without a recording. Programs of lab/live play them.

export type LiveDemo = {
  readonly doc: string;
  /** What happens, in the words the user reads before it does. */
  readonly story: string;
  /** Program of lab/live. */
  readonly script: string;
  /** Other programs that it calls. */
  readonly needs: readonly string[];
  /** What it does one after the other, and the words for that. */
  readonly acts: readonly { readonly name: string; readonly words: string }[];
  /** Rules whose alerts show it. */
  readonly rules: readonly string[];
  /** How the addresses of its own network begin; without it, its alerts are those about its processes. */
  readonly addresses?: string;
  /** The tool that is asked at the end. */
  readonly asks?: 'get_network_health';
  readonly moral: string;
};

export const liveDemos: Readonly<Record<string, LiveDemo>> = {
  'packet-loss': {
    doc: 'a link that loses one packet in five: watched live, with the health of the network at the end',
    story:
      'Three hosts in network namespaces of their own, A - R - B, none of which can reach this machine or be reached. A sends 100 kB to B and reads them back, first over a good link; then the router R loses one in five of the packets towards B.',
    script: 'network-faults.py',
    needs: ['ip', 'tc'],
    acts: [
      { name: 'whole_transfer', words: 'over the good link' },
      { name: 'lossy_transfer', words: 'while one in five packets is lost' },
    ],
    rules: ['retransmissions', 'packets_policy'],
    addresses: '10.77.',
    asks: 'get_network_health',
    moral:
      'A sees only that segments are sent again. The drops say where and why: the reason TC_EGRESS is a filter at the way out of a device, and the interface and namespace are those of R. The counters are those of this machine itself, whose network took no part.',
  },
  'reverse-shell': {
    doc: 'a shell whose input and output is a network connection: watched live',
    story:
      'A program connects to a listener, makes the connection its standard input and output, and becomes a shell: whoever listens then types commands into this machine. Here the listener is part of the demo, on the loopback device, and types one harmless command.',
    script: 'suspicious.py',
    needs: [],
    acts: [{ name: 'reverse_shell', words: 'the listener typed "id" and read' }],
    rules: ['reverse_shell'],
    moral:
      'The alert goes by what the kernel keeps of the new program: the descriptors 0, 1 and 2 of a process are looked at when it begins another program, so neither names nor arguments can hide it.',
  },
};
