/** Where the server listens: a socket in a folder, or a port of 127.0.0.1. */
export type Listen = { kind: 'socket'; dir: string } | { kind: 'tcp'; port: number };

/** The login of the hub: owns the database `writ`, may create databases, is not a superuser. */
export const ROLE = 'writ';
export const SOCKET_PORT = 5432;
export const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;

/**
 * The whole postgresql.conf. It is written anew before each start, so that what a version of the hub needs is what runs.
 * `major` is that of the binaries.
 */
export function serverSettings(listen: Listen, hbaFile: string, major: number): string {
  const lines: [string, string][] = [
    ['hba_file', hbaFile],
    ['listen_addresses', listen.kind === 'tcp' ? '127.0.0.1' : ''],
    ['unix_socket_directories', listen.kind === 'socket' ? `"${listen.dir.replaceAll('"', '""')}"` : ''],
    ['unix_socket_permissions', '0700'],
    ['port', String(listen.kind === 'tcp' ? listen.port : SOCKET_PORT)],
    ['max_connections', '60'],
    // What was acknowledged survives a crash of the machine: these three are the promise, the rest is comfort.
    ['fsync', 'on'],
    ['full_page_writes', 'on'],
    ['synchronous_commit', 'on'],
    ['shared_buffers', '256MB'],
    ['max_wal_size', '1GB'],
    ['max_wal_senders', '0'],
    ['max_logical_replication_workers', '0'],
    // Parallel plans take memory from /dev/shm, of which containers have little; our queries are short.
    ['max_parallel_workers_per_gather', '0'],
    ['jit', 'off'],
    ['timezone', 'UTC'],
    ['log_timezone', 'UTC'],
    ['lc_messages', 'C'],
    ['log_checkpoints', 'off'],
    // Statements and details carry values of rows (addresses, digests): the log says what failed, not on which data.
    ['log_min_error_statement', 'panic'],
    ['log_error_verbosity', 'terse'],
  ];
  if (major >= 18) lines.push(['io_method', 'sync']);
  return `# Written by the hub before each start; changes here are lost.\n${lines.map(([name, value]) => `${name} = ${quote(value)}\n`).join('')}`;
}

/** Only the hub's login, only with its password; the superuser of the cluster cannot log in at all. */
export function accessRules(listen: Listen): string {
  return listen.kind === 'socket' ? `local all ${ROLE} scram-sha-256\n` : `host all ${ROLE} 127.0.0.1/32 scram-sha-256\n`;
}

function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** A connection URL for `pg`; for a socket the folder stands in the `host` parameter. */
export function connectionUrl(listen: Listen, password: string): string {
  if (listen.kind === 'tcp') return `postgres://${ROLE}:${password}@127.0.0.1:${listen.port}/${ROLE}`;
  return `postgres://${ROLE}:${password}@localhost:${SOCKET_PORT}/${ROLE}?host=${encodeURIComponent(listen.dir)}`;
}
