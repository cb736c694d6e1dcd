// The rules of the network watch, by name: what an allow-list may name, and nothing else is raised.

export const networkRules = [
  'packets_malformed',
  'packets_spoofed',
  'packets_policy',
  'packets_resource',
  'packets_topology',
  'retransmissions',
  'connect_unanswered',
  'connect_refused',
  'connect_timed_out',
  'connection_reset',
  'host_unreachable',
  'network_unreachable',
  'reset_sent',
  'reset_received',
  'receive_buffer_full',
  'listen_overflow',
  'zero_window',
  'name_unknown',
  'name_server_failed',
  'name_server_slow',
  'name_server_silent',
] as const;
export type NetworkRule = (typeof networkRules)[number];
