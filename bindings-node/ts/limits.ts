/** How many objects of each kind a host can have. It allocates them all when it starts. */
export interface Limits {
  /** Plugins, besides plugin zero. Default 32, at most 254. */
  plugins: number;
  /** Sockets. Default 16. */
  sockets: number;
  /** Sessions. Default 1024. */
  sessions: number;
  /** Channels of a socket. Default 8, at most 1024. */
  channels: number;
  /** Services. Default 32. */
  services: number;
  /** Requests that are not done, of all sessions. Default 1024. */
  requests: number;
  /** Requests of one session that wait. Default 64. */
  requestsPerSession: number;
  /** Messages of the small class. Default 1024. */
  messages: number;
  /** Bytes of a small message. Default 2048. */
  messageBytes: number;
  /** Messages of the large class. Default 128. */
  largeMessages: number;
  /** Bytes of a large message. Default 65,536. */
  largeMessageBytes: number;
  /** Small messages set aside for workers and plugins' own threads. Default 128. */
  workerMessages: number;
  /** Large messages set aside for workers and plugins' own threads. Default 32. */
  workerLargeMessages: number;
  /** Tasks that wait to be run. Default 1024. */
  tasks: number;
  /** Timers. Default 256. */
  timers: number;
  /** Watched fds. Default 1024. */
  watches: number;
  /** Worker threads. With {@link NO_WORKERS} slow requests run in the loop. Default 2, at most 64. */
  workers: number;
  /** How deep callbacks may nest. Default 32, at most 250. */
  depth: number;
  /** Interfaces that plugins offer to each other. Default 32. */
  offers: number;
}
